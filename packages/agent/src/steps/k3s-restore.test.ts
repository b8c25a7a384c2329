import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ClusterNameSchema, HostIdSchema, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf, powerCycle } from '@drover/test/kit/fake-host/fake-host.ts'
import { describe, expect, it } from 'vitest'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const P = PARAMS['k3s.restore']
const OLDER = '/var/lib/drover/snapshots/older'
const SERVER = '/var/lib/rancher/k3s/server'
const order = (change: Partial<StepParams<'k3s.restore'>> = {}): TypedOrder => ({ ...orderOf('k3s.restore'), params: { ...P, ...change } }) as TypedOrder

const edit = (root: string, path: string, change: (text: string) => string): void => writeFileSync(`${root}${path}`, change(readFileSync(`${root}${path}`, 'utf8')))
const enabled = async (root: string): Promise<string> => {
  const { active, enabled: isEnabled } = await hostOf(root).unit('k3s')
  return `${active} ${String(isEnabled)}`
}

describe('k3s.restore', () => {
  it('puts the snapshot in its place alone, keeps the state before and promises the new incarnation', async () => {
    const root = await fresh('k3s.restore')
    const before = readFileSync(`${root}${SERVER}/db/state.db`)
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({ type: 'DONE', result: { objects: 2, aside: `${SERVER}/db.before-2` } })
    expect(readFileSync(`${root}${SERVER}/db/state.db`, 'utf8')).toBe('an older snapshot')
    expect(readFileSync(`${root}${SERVER}/db.before-2/state.db`).equals(before)).toBe(true)
    expect(JSON.parse(readFileSync(`${root}/var/lib/drover/claim.json`, 'utf8'))).toEqual({ cluster: 'home', incarnation: 2, seed: P.seed })
    expect(await enabled(root)).toBe('inactive false')
  })

  it.each<[string, (root: string) => void, Partial<StepParams<'k3s.restore'>>, string]>([
    ['it is not there', () => undefined, { snapshot: 'newer' }, 'snapshot.unknown'],
    ['it was never whole', (root) => edit(root, `${OLDER}/meta.json`, (text) => text.slice(0, -20)), {}, 'snapshot.unknown'],
    ['it is truncated', (root) => edit(root, `${OLDER}/state.db`, (text) => text.slice(0, 8)), {}, 'snapshot.damaged'],
    ['a bit of it is flipped', (root) => edit(root, `${OLDER}/state.db`, (text) => text.replace('older', 'oldes')), {}, 'snapshot.damaged'],
    ['another one has its name', () => undefined, { sha256: 'b'.repeat(64) }, 'snapshot.damaged'],
    ['it is of another cluster', (root) => edit(root, `${OLDER}/meta.json`, (text) => text.replace('"home"', '"other"')), {}, 'snapshot.cluster'],
    ['another token opens it', (root) => edit(root, '/etc/rancher/k3s/drover-server-token', () => 'another\n'), {}, 'snapshot.token'],
    ['a newer k3s took it', (root) => edit(root, `${OLDER}/meta.json`, (text) => text.replace('v1.36.2', 'v1.37.0')), {}, 'snapshot.version'],
    ['the host is of another cluster', () => undefined, { cluster: ClusterNameSchema.parse('other') }, 'order.claim'],
    ['the host is of a later incarnation', (root) => edit(root, '/var/lib/drover/claim.json', (text) => text.replace(':1,', ':3,')), {}, 'order.claim'],
    ['another host is the seed', () => undefined, { seed: HostIdSchema.parse('h-bbbbbbbbbbbbbbbb') }, 'k3s.seed'],
  ])('touches nothing where %s', async (...[, harm, change, code]) => {
    const root = await fresh('k3s.restore')
    harm(root)
    const ledger = ledgerOf(root)
    expect(await carryOut({ root, order: order(change) })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
    expect(ledgerOf(root)).toEqual(ledger)
    expect(await enabled(root)).toBe('active true')
  })

  it('asks for space before it stops anything', async () => {
    const root = await fresh('k3s.restore')
    expect(await carryOut({ root, order: order(), host: { ...hostOf(root), freeBytes: async () => 1_000_000 } })).toMatchObject({ type: 'FAILED', code: 'step.space' })
    expect(await enabled(root)).toBe('active true')
  })

  it('does not stop k3s for a copy that does not fit after all', async () => {
    const root = await fresh('k3s.restore')
    const host = wrapChanges(hostOf(root), async (name, _what, go) => {
      if (name === 'copy') throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return go()
    })
    const ledger = ledgerOf(root)
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', undone: 'undone' })
    expect(ledgerOf(root)).toEqual(ledger)
    expect(existsSync(`${root}${SERVER}/db.restoring-2`)).toBe(false)
  })

  it('does not stop k3s for a copy that is not what was read', async () => {
    const root = await fresh('k3s.restore')
    const host = wrapChanges(hostOf(root), async (name, _what, go) => {
      const result = await go()
      if (name === 'copy') edit(root, `${SERVER}/db.restoring-2/state.db`, (text) => text.replace('older', 'oldes'))
      return result
    })
    const ledger = ledgerOf(root)
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'snapshot.damaged', undone: 'undone' })
    expect([ledgerOf(root), existsSync(`${root}${SERVER}/db.restoring-2`)]).toEqual([ledger, false])
  })

  it('does not start by itself after a power cut, on no datastore or on half of one', async () => {
    const root = await fresh('k3s.restore')
    const host = wrapChanges(hostOf(root), async (name, what, go) => {
      const result = await go()
      if (name === 'rename' && what.endsWith('/db')) throw new Error('the power is cut')
      return result
    })
    const cut = carryOut({ root, order: order(), host, hook: (when, { type }) => { if (when === 'before' && type === 'UNDOING') throw new Error('the power is cut') } })
    await expect(cut).rejects.toThrow('the power is cut')
    powerCycle(root)
    expect(ledgerOf(root).filter((line) => line === 'initialise')).toHaveLength(1)
    expect(await carryOut({ root, order: order() })).toMatchObject({ type: 'DONE' })
    expect(ledgerOf(root).filter((line) => line === 'initialise')).toHaveLength(1)
  })
})
