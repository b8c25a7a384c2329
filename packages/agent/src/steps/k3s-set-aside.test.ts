import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf, powerCycle } from '@drover/test/kit/fake-host/fake-host.ts'
import { describe, expect, it } from 'vitest'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const P = PARAMS['k3s.set-aside']
const SERVER = '/var/lib/rancher/k3s/server'
const CLAIM = '/var/lib/drover/claim.json'
const MARK = '/var/lib/drover/k3s-was-active'
const order = (change: Partial<StepParams<'k3s.set-aside'>> = {}): TypedOrder => ({ ...orderOf('k3s.set-aside'), params: { ...P, ...change } }) as TypedOrder

const standing = async (root: string): Promise<string> => {
  const { active, enabled } = await hostOf(root).unit('k3s')
  return `${active} ${String(enabled)}`
}

describe('k3s.set-aside', () => {
  it('stops k3s for good, keeps its data aside and promises the new incarnation, in which it never was a member', async () => {
    const root = await fresh('k3s.set-aside')
    expect(existsSync(`${root}${SERVER}/db/etcd/member`)).toBe(true)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE', result: { aside: `${SERVER}/db.before-2` } })
    expect([existsSync(`${root}${SERVER}/db`), existsSync(`${root}${SERVER}/db.before-2/etcd/member`), existsSync(`${root}${MARK}`)]).toEqual([false, true, false])
    expect(JSON.parse(readFileSync(`${root}${CLAIM}`, 'utf8'))).toEqual({ cluster: 'home', incarnation: 2, seed: P.seed })
    expect(await standing(root)).toBe('inactive false')
  })

  it.each<[string, (root: string) => void, Partial<StepParams<'k3s.set-aside'>>, string]>([
    ['the host is the seed', () => undefined, { seed: orderOf('k3s.set-aside').audience }, 'k3s.seed'],
    ['the host is of a later incarnation', (root) => writeFileSync(`${root}${CLAIM}`, readFileSync(`${root}${CLAIM}`, 'utf8').replace(':1,', ':3,')), {}, 'order.claim'],
    ['the host is of another cluster', (root) => writeFileSync(`${root}${CLAIM}`, readFileSync(`${root}${CLAIM}`, 'utf8').replace('home', 'other')), {}, 'order.claim'],
    ['nobody knows what the host has promised', (root) => writeFileSync(`${root}${CLAIM}`, '{'), {}, 'order.claim'],
  ])('touches nothing where %s', async (...[, harm, change, code]) => {
    const root = await fresh('k3s.set-aside')
    harm(root)
    const ledger = ledgerOf(root)
    expect(await carryOut({ root, order: order(change) })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
    expect([ledgerOf(root), await standing(root)]).toEqual([ledger, 'active true'])
  })

  it('gives the member back as it was where it fails', async () => {
    const root = await fresh('k3s.set-aside')
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      if (name === 'writeFile' && what.includes('claim') && !existsSync(`${root}${SERVER}/db`)) throw new Error('no space left on device')
      return go()
    })
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', undone: 'undone' })
    expect([existsSync(`${root}${SERVER}/db/etcd/member`), existsSync(`${root}${SERVER}/db.before-2`), existsSync(`${root}${MARK}`)]).toEqual([true, false, true])
    expect(JSON.parse(readFileSync(`${root}${CLAIM}`, 'utf8'))).toMatchObject({ incarnation: 1 })
    expect(await standing(root)).toBe('active true')
  })

  it('does not start by itself after a power cut, and goes on', async () => {
    const root = await fresh('k3s.set-aside')
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      const result = await go()
      if (name === 'rename' && what.includes('/db')) throw new Error('the power is cut')
      return result
    })
    const cut = carryOut({ root, order: order(), host, hook: (when, { type }) => { if (when === 'before' && type === 'UNDOING') throw new Error('the power is cut') } })
    await expect(cut).rejects.toThrow('the power is cut')
    const starts = ledgerOf(root).filter((line) => line === 'start server').length
    powerCycle(root)
    expect(ledgerOf(root).filter((line) => line === 'start server')).toHaveLength(starts)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    expect(existsSync(`${root}${SERVER}/db.before-2/etcd/member`)).toBe(true)
  })
})
