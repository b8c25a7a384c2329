import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { ClusterNameSchema, type Order } from '@drover/protocol'
import { newOrderKeys, sealAndSign, STRANGER } from '@drover/test/kit/orders/sign-order.ts'
import { dropRoot, HOST, hostOf, newRoot, orderOf } from '@drover/test/contracts/step/step-case.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acceptOrder, readOrder } from './accept-order.ts'
import { readFences } from './fences.ts'

const held = { root: '' }
const keys = newOrderKeys()
beforeEach(() => {
  held.root = newRoot()
  mkdirSync(`${held.root}/etc/drover`)
})
afterEach(() => dropRoot(held.root))

const accept = (change: Partial<Order> = {}, now: number | null = 1000) => {
  const order = { ...orderOf('k3s.config'), ...change } as Order
  return acceptOrder(order, { host: hostOf(held.root), hostId: HOST, coordinatorKey: () => keys.verify, serverNow: () => now })
}
const claim = (text: string): void => writeFileSync(`${held.root}/var/lib/drover/claim.json`, text)
const policy = (value: unknown, mode = 0o644): void => writeFileSync(`${held.root}/etc/drover/policy.json`, typeof value === 'string' ? value : JSON.stringify(value), { mode })
const policyForAll = (): void => {
  policy({ version: 1 })
  chmodSync(`${held.root}/etc/drover/policy.json`, 0o666)
}

describe('readOrder', () => {
  it('reads what the coordinator has signed, and nothing else', async () => {
    const signed = await sealAndSign(keys, orderOf('k3s.config'), {})
    expect(readOrder(signed, keys.verify)?.kind).toBe('k3s.config')
    expect(readOrder(signed, newOrderKeys().verify)).toBeNull()
    const changed = Buffer.from(signed.order, 'base64url').toString().replace('"attempt":1', '"attempt":2')
    expect(readOrder({ ...signed, order: Buffer.from(changed).toString('base64url') }, keys.verify)).toBeNull()
  })
})

describe('acceptOrder', () => {
  it('takes a good order and remembers its epoch and fence', async () => {
    expect(await accept({ epoch: 4, fence: { resource: 'home', value: 9 } })).toMatchObject({ ok: true })
    expect(await readFences(hostOf(held.root))).toEqual({ epoch: 4, fences: { home: 9 } })
  })

  it.each([
    ['another host', { audience: STRANGER }, 'order.audience'],
    ['a kind that is not known', { kind: 'host.shell' }, 'order.kind'],
    ['params that are not of the kind', { params: { role: 'king' } }, 'order.kind'],
    ['a time that is over', { notAfter: 999 }, 'order.expired'],
  ] as const)('refuses an order for %s', async (_name, change, code) => {
    expect(await accept(change as Partial<Order>)).toMatchObject({ ok: false, code })
    expect((await readFences(hostOf(held.root))).epoch).toBe(0)
  })

  it("refuses everything while the coordinator's time is not known", async () => {
    expect(await accept({}, null)).toMatchObject({ ok: false, code: 'order.expired' })
  })

  it('refuses a lower epoch and a lower fence, and takes equal ones', async () => {
    await accept({ epoch: 4, fence: { resource: 'home', value: 9 } })
    expect(await accept({ epoch: 3, fence: { resource: 'home', value: 10 } })).toMatchObject({ code: 'order.epoch' })
    expect(await accept({ epoch: 4, fence: { resource: 'home', value: 8 } })).toMatchObject({ code: 'order.fence' })
    expect(await accept({ epoch: 4, fence: { resource: 'home', value: 9 } })).toMatchObject({ ok: true })
    expect(await accept({ epoch: 4, fence: { resource: 'other', value: 1 } })).toMatchObject({ ok: true })
  })

  it('judges a fence within its epoch: a higher epoch begins anew, and keeps what came before out', async () => {
    await accept({ epoch: 4, fence: { resource: 'home', value: 9 } })
    expect(await accept({ epoch: 5, fence: { resource: 'home', value: 2 } })).toMatchObject({ ok: true })
    expect(await readFences(hostOf(held.root))).toEqual({ epoch: 5, fences: { home: 2 } })
    expect(await accept({ epoch: 5, fence: { resource: 'home', value: 1 } })).toMatchObject({ code: 'order.fence' })
    expect(await accept({ epoch: 4, fence: { resource: 'home', value: 10 } })).toMatchObject({ code: 'order.epoch' })
  })

  it('stops rather than guess where the fences are damaged', async () => {
    writeFileSync(`${held.root}/var/lib/drover/fences.json`, '{"epoch":')
    await expect(accept()).rejects.toMatchObject({ code: 'step.journal' })
  })

  it.each([
    ['another cluster', '{"cluster":"other","incarnation":1,"seed":"h-aaaaaaaaaaaaaaaa"}'],
    ['a later incarnation', '{"cluster":"home","incarnation":2,"seed":"h-aaaaaaaaaaaaaaaa"}'],
    ['something unreadable', '{"cluster":"home"'],
  ])('refuses what contradicts a claim of %s', async (_name, text) => {
    claim(text)
    expect(await accept()).toMatchObject({ ok: false, code: 'order.claim' })
  })

  it('takes an order of the claimed cluster', async () => {
    claim('{"cluster":"home","incarnation":1,"seed":"h-aaaaaaaaaaaaaaaa"}')
    expect(await accept()).toMatchObject({ ok: true })
    expect(await accept({ cluster: ClusterNameSchema.parse('other') })).toMatchObject({ code: 'order.claim' })
  })

  it('honours VETO', async () => {
    writeFileSync(`${held.root}/etc/drover/VETO`, '')
    expect(await accept()).toMatchObject({ code: 'order.veto' })
  })

  it.each([
    ['denies the step', () => policy({ version: 1, deny_types: ['k3s.config'] })],
    ['denies its class', () => policy({ version: 1, classes: { prepare: 'deny' } })],
    ['is not JSON', () => policy('{"version":1,}')],
    ['has a key twice', () => policy('{"version":1,"deny_types":[],"deny_types":[]}')],
    ['is empty', () => policy('')],
    ['may be written by others', () => policyForAll()],
    ['is a link', () => symlinkSync('/etc/hostname', `${held.root}/etc/drover/policy.json`)],
    ['is a folder', () => mkdirSync(`${held.root}/etc/drover/policy.json`)],
    ['is far too large', () => policy(`{"version":1}${' '.repeat(70_000)}`)],
  ])('changes nothing where policy.json %s', async (_name, make) => {
    make()
    expect(await accept()).toMatchObject({ ok: false, code: 'order.policy' })
  })

  it('takes what policy.json does not deny', async () => {
    policy({ version: 1, deny_types: ['k3s.uninstall'] })
    expect(await accept()).toMatchObject({ ok: true })
  })
})
