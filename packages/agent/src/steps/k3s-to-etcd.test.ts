import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ClusterNameSchema, renderConfig, type StepParams, type TypedOrder } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { HOST, hostOf, orderOf, PARAMS } from '@drover/test/contracts/step/step-case.ts'
import { ledgerOf, powerCycle, setStartFault } from '@drover/test/kit/fake-host/fake-host.ts'
import { changeWorld, readWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'
import type { HostChanges, HostWriter } from '../host/host.ts'
import { wrapChanges } from '../host/wrap.ts'

const fresh = createModels()
const P = PARAMS['k3s.to-etcd']
const SERVER = '/var/lib/rancher/k3s/server'
const DROP_IN = '/etc/rancher/k3s/config.yaml.d/50-drover.yaml'
const COPY = `${SERVER}/before-etcd-1`
const HELD = '/run/systemd/system/k3s.service.d/90-drover-once.conf'
const order = (change: Partial<StepParams<'k3s.to-etcd'>> = {}): TypedOrder => ({ ...orderOf('k3s.to-etcd'), params: { ...P, ...change } }) as TypedOrder

const there = (root: string, path: string): boolean => existsSync(`${root}${path}`)
const text = (root: string, path: string): string => readFileSync(`${root}${path}`, 'utf8')
const unitOf = async (root: string): Promise<string> => {
  const { active, enabled } = await hostOf(root).unit('k3s')
  return `${active} ${String(enabled)}`
}
const keysIn = (root: string, path: string): readonly unknown[] => {
  const database = new DatabaseSync(`${root}${path}`, { readOnly: true })
  const rows = database.prepare('SELECT name, deleted FROM kine ORDER BY id').all()
  database.close()
  return rows
}

/** Takes the power at the first change that `at` names, after it has happened, and carries the order on after a boot. */
const cutAt = async (root: string, at: (name: keyof HostChanges, what: string) => boolean, meanwhile: () => void = () => undefined) => {
  let isCut = false
  const host = wrapChanges(hostOf(root), async (name, what, go) => {
    if (isCut) throw new Error('the power is cut')
    const result = await go()
    isCut = at(name, what)
    if (isCut) throw new Error('the power is cut')
    return result
  })
  const hook = (when: string, { type }: { type: string }): void => {
    if (when === 'before' && type === 'UNDOING') throw new Error('the power is cut')
  }
  await expect(carryOut({ root, order: order(), host, hook })).rejects.toThrow('the power is cut')
  powerCycle(root)
  const atBoot = await unitOf(root)
  meanwhile()
  return { atBoot, end: await carryOut({ root, order: order() }) }
}

/** A server on SQLite as if nothing had been. */
const expectAsBefore = async (root: string, before: { readonly keys: readonly unknown[]; readonly dropIn: string }): Promise<void> => {
  expect(keysIn(root, `${SERVER}/db/state.db`)).toEqual(before.keys)
  expect(text(root, DROP_IN)).toBe(before.dropIn)
  expect(await unitOf(root)).toBe('active true')
  expect([`${SERVER}/db/etcd`, `${SERVER}/db/state.db.migrated`, COPY, `${COPY}.copying`, HELD].filter((path) => there(root, path))).toEqual([])
  expect(readWorld(root).ledger).not.toContain('empty etcd')
}
const seen = (root: string) => ({ keys: keysIn(root, `${SERVER}/db/state.db`), dropIn: text(root, DROP_IN) })

describe('k3s.to-etcd', () => {
  it('moves all objects, keeps a whole copy from before, and compares their numbers', async () => {
    const root = await fresh('k3s.to-etcd')
    const { keys } = seen(root)
    const end = await carryOut({ root, order: order() })
    expect(end).toMatchObject({ type: 'DONE', result: { objects: 2, resources: 2, copy: COPY } })
    expect(there(root, `${SERVER}/db/state.db`)).toBe(false)
    expect([keysIn(root, `${COPY}/db/state.db`), text(root, `${COPY}/tls/server-ca.crt`), statSync(`${root}${COPY}`).mode & 0o777]).toEqual([keys, 'ca', 0o700])
    expect(text(root, DROP_IN)).toBe(renderConfig(P.config))
    expect(ledgerOf(root)).toEqual(['start server', 'initialise', 'stop', 'start server', 'move to etcd'])
    expect([await unitOf(root), there(root, HELD)]).toEqual(['active true', false])
  })

  it.each<[string, (root: string) => void, Partial<StepParams<'k3s.to-etcd'>>, Partial<HostWriter>, string]>([
    ['the host is of another cluster', () => undefined, { cluster: ClusterNameSchema.parse('other') }, {}, 'order.claim'],
    ['another host is the seed', (root) => writeFileSync(`${root}/var/lib/drover/claim.json`, text(root, '/var/lib/drover/claim.json').replace(HOST, 'h-bbbbbbbbbbbbbbbb')), {}, {}, 'k3s.seed'],
    ['the settings begin no etcd', () => undefined, { config: { 'node-name': 'one' } }, {}, 'k3s.to-etcd'],
    ['there is not enough space', () => undefined, {}, { freeBytes: async () => 100_000_000 }, 'step.space'],
    ['a port of etcd is in use', (root) => writeFileSync(`${root}/proc/net/tcp`, '  sl\n   0: 00000000:094C 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 1 1\n'), {}, {}, 'k3s.port'],
    ['its datastore was never SQLite', (root) => { rmSync(`${root}${SERVER}/db/state.db`); mkdirSync(`${root}${SERVER}/db/etcd/member/wal`, { recursive: true }) }, {}, {}, 'k3s.to-etcd'],
    ['an etcd is there that Drover did not begin', (root) => void mkdirSync(`${root}${SERVER}/db/etcd/member/wal`, { recursive: true }), {}, {}, 'k3s.to-etcd'],
    ['there is no datastore', (root) => rmSync(`${root}${SERVER}/db/state.db`), {}, {}, 'k3s.to-etcd'],
  ])('stops nothing where %s', async (...[, harm, change, host, code]) => {
    const root = await fresh('k3s.to-etcd')
    harm(root)
    const ledger = ledgerOf(root)
    expect(await carryOut({ root, order: order(change), host: { ...hostOf(root), ...host } })).toMatchObject({ type: 'FAILED', code, undone: 'nothing-to-undo' })
    expect([ledgerOf(root), await unitOf(root)]).toEqual([ledger, 'active true'])
  })

  it.each([
    ['says why', 'level=fatal msg="Failed to start etcd: listen tcp 10.0.0.11:2380: bind: cannot assign requested address"', 'cannot assign requested address'],
    ['is killed', 'Main process exited, code=killed', 'k3s ended before it was up on etcd'],
    ['has begun no member', 'level=fatal msg="etcd exited"', 'etcd exited'],
  ])('goes back to SQLite where k3s ends before it is up, and %s', async (how, line, message) => {
    const root = await fresh('k3s.to-etcd')
    const before = seen(root)
    const host: HostWriter = { ...hostOf(root), unitDo: async (verb, unit) => {
      await hostOf(root).unitDo(verb, unit)
      setStartFault(root, verb === 'start' && there(root, `${SERVER}/db/etcd`) ? line : null)
      if (how === 'has begun no member') rmSync(`${root}${SERVER}/db/etcd/member`, { recursive: true, force: true })
    } }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'k3s.to-etcd', message: expect.stringContaining(message) as string, undone: 'undone' })
    await expectAsBefore(root, before)
  })

  it('goes back to SQLite where a resource is short, and names it with both numbers', async () => {
    const root = await fresh('k3s.to-etcd')
    const before = seen(root)
    const host: HostWriter = { ...hostOf(root), daemonReload: async () => changeWorld(root, ({ etcd }) => void (etcd !== null && (etcd.keys = etcd.keys.filter((key) => !key.includes('secrets'))))) }
    expect(await carryOut({ root, order: order(), host })).toMatchObject({ type: 'FAILED', code: 'k3s.objects', message: expect.stringContaining('secrets: 1 before, 0 now') as string, undone: 'undone' })
    await expectAsBefore(root, before)
  })

  it('compares what had come over, not what controllers took away since', async () => {
    const root = await fresh('k3s.to-etcd')
    const get: HostWriter['get'] = async (request) => {
      const asked = JSON.parse(request.body ?? '{}') as { revision?: string }
      const answer = await hostOf(root).get(request)
      return request.url.endsWith('/range') && asked.revision === '0' ? { status: 200, body: '{"header":{}}' } : answer
    }
    expect(await carryOut({ root, order: order(), host: { ...hostOf(root), get } })).toMatchObject({ type: 'DONE', result: { objects: 2 } })
  })

  it('never starts by itself on an etcd in which a move was cut short: it goes back to the copy and moves again', async () => {
    const root = await fresh('k3s.to-etcd')
    const { atBoot, end } = await cutAt(root, (name, what) => name === 'unitDo' && what === 'start')
    expect([atBoot, end.type]).toEqual(['inactive false', 'DONE'])
    expect(ledgerOf(root).filter((line) => line === 'move to etcd' || line === 'empty etcd')).toEqual(['move to etcd'])
  })

  it.each<[string, (name: keyof HostChanges, what: string) => boolean]>([
    ['before the copy is whole', (name, what) => name === 'copyDatabase' && what.includes('.copying')],
    ['once the copy is whole', (name, what) => name === 'rename' && what.endsWith('.copying')],
    ['once the settings are written', (name, what) => name === 'writeFile' && what === DROP_IN],
    ['before it is told to start', (name, what) => name === 'writeFile' && what.endsWith('k3s-started.json')],
    ['once it is held down', (name) => name === 'daemonReload'],
    ['once it is not enabled', (name, what) => name === 'unitDo' && what === 'disable'],
    ['once it may start by itself again', (name, what) => name === 'unitDo' && what === 'enable'],
  ])('ends with one move after a power cut %s', async (_what, at) => {
    const root = await fresh('k3s.to-etcd')
    const { end } = await cutAt(root, at)
    expect(end).toMatchObject({ type: 'DONE', result: { objects: 2 } })
    expect(ledgerOf(root).filter((line) => line === 'move to etcd' || line === 'empty etcd' || line === 'initialise')).toEqual(['initialise', 'move to etcd'])
  })

  it('copies anew what a person changed on SQLite while the move was interrupted', async () => {
    const root = await fresh('k3s.to-etcd')
    const { end } = await cutAt(root, (name, what) => name === 'rename' && what.endsWith('.copying'), () => {
      const database = new DatabaseSync(`${root}${SERVER}/db/state.db`)
      database.exec("INSERT INTO kine (name, created, deleted, value) VALUES ('/registry/secrets/default/late', 1, 0, '1')")
      database.close()
    })
    expect(end).toMatchObject({ type: 'DONE', result: { objects: 3 } })
    expect(JSON.stringify(keysIn(root, `${COPY}/db/state.db`))).toContain('/registry/secrets/default/late')
  })
})

describe('settings and starts that would move it without a copy', () => {
  it.each(['k3s.config', 'k3s.start'] as const)('%s refuses', async (kind) => {
    const root = await fresh('k3s.to-etcd')
    const ledger = ledgerOf(root)
    if (kind === 'k3s.start') writeFileSync(`${root}${DROP_IN}`, renderConfig(P.config))
    const params = kind === 'k3s.start' ? { ...PARAMS[kind], datastore: 'etcd' } : { ...PARAMS[kind], config: P.config }
    expect(await carryOut({ root, order: { ...orderOf(kind, 1), params } as TypedOrder })).toMatchObject({ type: 'FAILED', code: 'k3s.uncopied' })
    expect(ledgerOf(root)).toEqual(ledger)
  })
})
