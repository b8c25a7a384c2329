import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { DroverError, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut, pictureOf } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { createFakeHost, fakeBinary } from '@drover/test/kit/fake-host/fake-host.ts'
import { describe, expect, it } from 'vitest'
import type { HostWriter } from '../host/host.ts'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const order = (change: Partial<StepParams<'binary.install'>> = {}, place = 0): TypedOrder =>
  ({ ...orderOf('binary.install', place), params: { ...PARAMS['binary.install'], ...change } }) as TypedOrder
const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const offering = (root: string, bytes: Uint8Array): HostWriter => createFakeHost({ root, origin: () => bytes })
const offeringOf = (root: string, version: string): Pick<HostWriter, 'download'> => ({ download: offering(root, fakeBinary(version)).download })
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

describe('binary.install', () => {
  it.each([
    ['a web page', text('<html>sign in first</html>'), 'binary.unrunnable'],
    ['a k3s of another version', fakeBinary('v1.35.0+k3s1'), 'binary.unrunnable'],
    ['an empty file', new Uint8Array(), 'binary.unrunnable'],
  ])('refuses %s even where its hash was ordered', async (_name, bytes, code) => {
    const root = await fresh('binary.install')
    const before = pictureOf(root)
    const end = await carryOut({ root, order: order({ sha256: shaOf(bytes), images: [] }), host: offering(root, bytes) })
    expect(end).toMatchObject({ type: 'FAILED', code, undone: 'undone' })
    expect(pictureOf(root)).toEqual(before)
  })

  it('refuses another hash than the ordered one, and says both', async () => {
    const root = await fresh('binary.install')
    const end = await carryOut({ root, order: order(), host: offering(root, text('something else')) })
    expect(end).toMatchObject({ type: 'FAILED', code: 'binary.hash', undone: 'undone' })
    expect('evidence' in end ? end.evidence : '').toContain(shaOf(text('something else')))
  })

  it.each([['release'], ['cache'], ['file']] as const)('says binary.origin where %s does not have it', async (origin) => {
    const root = await fresh('binary.install')
    const host = createFakeHost({ root, origin: () => null })
    expect(await carryOut({ root, order: order({ origin }), host })).toMatchObject({ type: 'FAILED', code: 'binary.origin', undone: 'undone' })
  })

  it('has k3s unpack itself ahead, but not beside one that ran already', async () => {
    const root = await fresh('binary.install')
    const asked: string[] = []
    const offered = offering(root, fakeBinary('v1.36.2+k3s1'))
    const host: HostWriter = { ...offered, kubectl: async (args, ms) => (asked.push(args.join(' ')), offered.kubectl(args, ms)) }
    const installed = order({ sha256: shaOf(fakeBinary('v1.36.2+k3s1')), images: [] })
    expect(await carryOut({ root, order: installed, host })).toMatchObject({ type: 'DONE' })
    expect([asked, existsSync(`${root}/var/lib/rancher/k3s/data/current/bin`)]).toEqual([['version --client'], true])
    const later = order({ sha256: shaOf(fakeBinary('v1.36.3+k3s1')), version: 'v1.36.3+k3s1', images: [] }, 1)
    expect(await carryOut({ root, order: later, host: { ...host, ...offeringOf(root, 'v1.36.3+k3s1') } })).toMatchObject({ type: 'DONE' })
    expect(asked).toEqual(['version --client'])
  })

  it('takes any file of the import folder that has the hash', async () => {
    const root = await fresh('binary.install')
    mkdirSync(`${root}/var/lib/drover/import`)
    writeFileSync(`${root}/var/lib/drover/import/other`, 'other')
    writeFileSync(`${root}/var/lib/drover/import/brought by hand`, fakeBinary('v1.36.2+k3s1'))
    const end = await carryOut({ root, order: order({ origin: 'file', images: [] }) })
    expect(end).toMatchObject({ type: 'DONE', result: { from: 'file' } })
    const [brought, installed] = ['var/lib/drover/import/brought by hand', 'usr/local/bin/k3s'].map((path) => statSync(`${root}/${path}`))
    expect(installed?.ino).not.toBe(brought?.ino)
    expect(brought?.mode).toBe(0o100644)
  })

  it('takes away what it had fetched where its time is over in the middle of an image', async () => {
    const root = await fresh('binary.install')
    const before = pictureOf(root)
    const incoming = `${root}/var/lib/rancher/k3s/agent/images/.k3s-airgap-images-amd64.tar.zst.drover-incoming`
    let undoing = false
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      if (existsSync(incoming) && name !== 'remove') throw new DroverError('step.timeout', 'not done in time')
      if (name === 'remove' && what.endsWith('.drover-incoming') && !undoing) {
        undoing = true
        throw new DroverError('step.timeout', 'not done in time')
      }
      return go()
    })
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'step.timeout', undone: 'undone' })
    expect(existsSync(incoming)).toBe(false)
    expect(pictureOf(root)).toEqual(before)
  })

  it('leaves a k3s alone that it did not install, unless it is the very same file', async () => {
    const root = await fresh('binary.install')
    writeFileSync(`${root}/usr/local/bin/k3s`, fakeBinary('v1.30.0+k3s1'), { mode: 0o755 })
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.foreign', undone: 'nothing-to-undo' })
    writeFileSync(`${root}/usr/local/bin/k3s`, fakeBinary('v1.36.2+k3s1'), { mode: 0o755 })
    expect(await carryOut({ root, order: order({ images: [] }, 1) })).toMatchObject({ type: 'DONE', result: { from: 'present', bytes: 0 } })
  })

  it("does not touch a unit of somebody else's k3s", async () => {
    const root = await fresh('binary.install')
    writeFileSync(`${root}/etc/systemd/system/k3s.service`, '[Service]\nExecStart=/usr/local/bin/k3s server\n')
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'FAILED', code: 'k3s.foreign' })
  })

  it("links only names that the host's people do not use", async () => {
    const root = await fresh('binary.install')
    writeFileSync(`${root}/usr/local/bin/kubectl`, 'mine', { mode: 0o755 })
    await carryOut({ root, order: order() })
    expect(readFileSync(`${root}/usr/local/bin/kubectl`, 'utf8')).toBe('mine')
    expect(readlinkSync(`${root}/usr/local/bin/crictl`)).toBe('k3s')
    const installed = JSON.parse(readFileSync(`${root}/var/lib/drover/k3s-installed.json`, 'utf8')) as { links: string[] }
    expect(installed.links).toEqual(['/usr/local/bin/crictl', '/usr/local/bin/ctr'])
  })

  it('keeps the version before an upgrade', async () => {
    const root = await fresh('k3s.config')
    const next = fakeBinary('v1.36.3+k3s1')
    const end = await carryOut({ root, order: order({ version: 'v1.36.3+k3s1', sha256: shaOf(next), images: [] }, 1), host: offering(root, next) })
    expect(end).toMatchObject({ type: 'DONE', result: { bytes: next.length, from: 'release' } })
    expect(readFileSync(`${root}/var/lib/drover/previous/k3s`)).toEqual(Buffer.from(fakeBinary('v1.36.2+k3s1')))
  })

  it('begins nothing where the disk is full', async () => {
    const root = await fresh('binary.install')
    const host = { ...hostOf(root), freeBytes: async () => 10_000_000 }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'step.space', undone: 'nothing-to-undo' })
  })
})
