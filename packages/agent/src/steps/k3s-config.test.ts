import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { ClusterNameSchema, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut, pictureOf } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS, SECRETS } from '@drover/test/contracts/step/step-case.ts'
import { describe, expect, it } from 'vitest'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const P = PARAMS['k3s.config']
const order = (change: Partial<StepParams<'k3s.config'>> = {}, place = 0): TypedOrder => ({ ...orderOf('k3s.config', place), params: { ...P, ...change } }) as TypedOrder

describe('k3s.config', () => {
  it('keeps tokens in files for root alone', async () => {
    const root = await fresh('k3s.start')
    for (const name of ['server', 'agent'] as const) {
      const path = `${root}/etc/rancher/k3s/drover-${name}-token`
      expect(readFileSync(path, 'utf8')).toBe(`${SECRETS[`${name}-token`]}\n`)
      expect(statSync(path).mode & 0o777).toBe(0o600)
    }
  })

  it.each([
    ['/etc/systemd/system/k3s.service', '[Service]\n'],
    ['/etc/systemd/system/k3s-agent.service', '[Service]\n'],
    ['/usr/local/bin/k3s-uninstall.sh', '#!/bin/sh\nset -x\n'],
  ])('leaves a foreign %s alone', async (path, text) => {
    const root = await fresh('k3s.config')
    writeFileSync(`${root}${path}`, text)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.foreign', undone: 'nothing-to-undo' })
    expect(readFileSync(`${root}${path}`, 'utf8')).toBe(text)
  })

  it('needs a binary that Drover installed', async () => {
    const root = await fresh('k3s.config')
    rmSync(`${root}/var/lib/drover/k3s-installed.json`)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.foreign' })
  })

  it.each([
    ['another cluster', { ...P.claim, cluster: ClusterNameSchema.parse('other') }],
    ['a later incarnation', { ...P.claim, incarnation: 7 }],
    ['another seed', { ...P.claim, seed: 'h-bbbbbbbbbbbbbbbb' }],
  ])('refuses to break a promise to %s', async (_name, claim) => {
    const root = await fresh('k3s.config')
    writeFileSync(`${root}/var/lib/drover/claim.json`, JSON.stringify(claim))
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'order.claim', undone: 'nothing-to-undo' })
  })

  it('refuses a damaged claim, and takes the next incarnation', async () => {
    const root = await fresh('k3s.start')
    const next = await carryOut({ root, order: order({ claim: { ...P.claim, incarnation: 2 } }, 1) })
    expect(next).toMatchObject({ type: 'DONE', result: { changed: ['/var/lib/drover/claim.json'] } })
    writeFileSync(`${root}/var/lib/drover/claim.json`, '{')
    expect(await carryOut({ root, order: order({}, 2) })).toMatchObject({ type: 'FAILED', code: 'order.claim' })
  })

  it('refuses to give a host a second role', async () => {
    const root = await fresh('k3s.start')
    expect(await carryOut({ root, order: order({ role: 'agent' }, 1) })).toMatchObject({ type: 'FAILED', code: 'k3s.foreign' })
  })

  it("mends its own files, writes what changed only, and keeps people's files", async () => {
    const root = await fresh('k3s.start')
    mkdirSync(`${root}/etc/rancher/k3s/config.yaml.d`, { recursive: true })
    writeFileSync(`${root}/etc/rancher/k3s/config.yaml`, 'debug: true\n')
    writeFileSync(`${root}/etc/rancher/k3s/config.yaml.d/50-drover.yaml`, 'token: by-hand\n')
    const end = await carryOut({ root, order: order({}, 1) })
    expect(end).toMatchObject({ type: 'DONE', result: { changed: ['/etc/rancher/k3s/config.yaml.d/50-drover.yaml'] } })
    expect(readFileSync(`${root}/etc/rancher/k3s/config.yaml`, 'utf8')).toBe('debug: true\n')
  })

  it('puts back byte for byte what it replaced', async () => {
    const root = await fresh('k3s.start')
    const before = pictureOf(root)
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      if (name === 'writeFile' && what.endsWith('claim.json')) throw new Error('no')
      return go()
    })
    const changed = order({ config: { ...P.config, debug: true }, claim: { ...P.claim, incarnation: 2 } }, 1)
    expect(await carryOut({ root, order: changed, host })).toMatchObject({ type: 'FAILED', undone: 'undone' })
    expect(pictureOf(root)).toEqual(before)
  })
})
