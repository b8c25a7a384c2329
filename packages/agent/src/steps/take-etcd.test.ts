import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { DroverError, SnapshotSchema } from '@drover/protocol'
import { carryOut } from '@drover/test/contracts/step/carry-out.ts'
import { createModels } from '@drover/test/contracts/step/models.ts'
import { hostOf, orderOf } from '@drover/test/contracts/step/step-case.ts'
import { changeWorld } from '@drover/test/kit/fake-host/world.ts'
import { describe, expect, it } from 'vitest'
import type { HostReader, HostWriter } from '../host/host.ts'

const models = createModels()
const fresh = async (): Promise<string> => {
  const root = await models('snapshot.take on etcd')
  changeWorld(root, ({ etcd }) => void (etcd !== null && (etcd.keys = ['/bootstrap/0123', '/registry/a', '/registry/b'])))
  return root
}
const order = orderOf('snapshot.take on etcd')
const OWN = '11757004636526054976'
const SNAPSHOTS = '/var/lib/drover/snapshots'
const ETCD = '/var/lib/rancher/k3s/server/db/etcd'

const setHealth = (root: string, healthy: boolean): void => changeWorld(root, ({ etcd }) => void (etcd !== null && (etcd.healthy = healthy)))
/** A host whose member answers otherwise from the moment at which the copy is made. */
const changing = (root: string, then: (url: string) => Awaited<ReturnType<HostReader['get']>> | undefined): HostWriter => {
  const host = hostOf(root)
  const made = { copy: false }
  return {
    ...host,
    copyEtcd: async (wanted) => {
      made.copy = true
      return host.copyEtcd(wanted)
    },
    get: async (request) => {
      const other = made.copy ? then(request.url) : undefined
      return other === undefined ? host.get(request) : other
    },
  }
}

describe('snapshot.take on etcd', () => {
  it('keeps what the member gives, with revision, leader and members', async () => {
    const root = await fresh()
    const end = await carryOut({ root, order })
    const meta = SnapshotSchema.parse(JSON.parse(readFileSync(`${root}${SNAPSHOTS}/first/meta.json`, 'utf8')))
    expect(end).toMatchObject({ type: 'DONE', result: meta })
    expect(meta).toMatchObject({
      datastore: 'etcd', grade: 'consistent', objects: 2, etcd: { member: OWN, revision: { before: 3, after: 3 }, leader: { before: OWN, after: OWN }, members: ['one-56d8ffb8'] },
    })
    const file = readFileSync(`${root}${SNAPSHOTS}/first/etcd.db`)
    expect([meta.bytes, meta.sha256]).toEqual([file.length, createHash('sha256').update(file).digest('hex')])
    expect(readdirSync(`${root}${SNAPSHOTS}/first`)).toEqual(['etcd.db', 'meta.json'])
    expect(statSync(`${root}${SNAPSHOTS}/first/etcd.db`).mode & 0o777).toBe(0o600)
  })

  it('is degraded where the member is not healthy: it counts what it has by itself', async () => {
    const root = await fresh()
    setHealth(root, false)
    expect(await carryOut({ root, order })).toMatchObject({ type: 'DONE', result: { grade: 'degraded', objects: 2 } })
  })

  it('is degraded where another member leads afterwards', async () => {
    const root = await fresh()
    const status = JSON.stringify({ header: { member_id: OWN, revision: '15' }, leader: '7', raftIndex: '9' })
    const host = changing(root, (url) => (url.endsWith('/status') ? { status: 200, body: status } : undefined))
    expect(await carryOut({ root, order, host })).toMatchObject({ type: 'DONE', result: { grade: 'degraded', etcd: { revision: { before: 3, after: 15 }, leader: { before: OWN, after: '7' } } } })
  })

  it('is degraded where the member has gone silent meanwhile', async () => {
    const root = await fresh()
    expect(await carryOut({ root, order, host: changing(root, () => null) })).toMatchObject({ type: 'DONE', result: { grade: 'degraded', etcd: { leader: { before: OWN, after: null } } } })
  })

  it('is refused by a learner', async () => {
    const root = await fresh()
    changeWorld(root, ({ etcd }) => void (etcd !== null && (etcd.members = etcd.members.map((one) => ({ ...one, learner: true })))))
    const end = await carryOut({ root, order })
    expect(end).toMatchObject({ type: 'FAILED', code: 'snapshot.none', undone: 'nothing-to-undo' })
    expect('message' in end && end.message).toContain('learner')
  })

  it.each<[string, (root: string) => void]>([
    ['has no member', (root) => rmSync(`${root}${ETCD}`, { recursive: true })],
    ['has k3s down', (root) => changeWorld(root, ({ units }) => void Object.assign(units['k3s'] ?? {}, { active: 'inactive' }))],
  ])('is refused where the host %s', async (_what, harm) => {
    const root = await fresh()
    harm(root)
    expect(await carryOut({ root, order })).toMatchObject({ type: 'FAILED', code: 'snapshot.none', undone: 'nothing-to-undo' })
    expect(existsSync(`${root}${SNAPSHOTS}`)).toBe(false)
  })

  it.each(['etcd.copy', 'snapshot.damaged', 'step.space'] as const)('keeps nothing of a copy that ends with %s, and all that was there', async (code) => {
    const root = await fresh()
    expect(await carryOut({ root, order: orderOf('snapshot.take') })).toMatchObject({ type: 'FAILED' })
    const copyEtcd: HostWriter['copyEtcd'] = async ({ to }) => {
      writeFileSync(`${root}${to}`, 'the first half')
      throw new DroverError(code, 'no more')
    }
    expect(await carryOut({ root, order, host: { ...hostOf(root), copyEtcd } })).toMatchObject({ type: 'FAILED', code, undone: 'undone' })
    expect(existsSync(`${root}${SNAPSHOTS}`)).toBe(false)
  })

  it('says how much space is missing, by what the member has', async () => {
    const root = await fresh()
    const host = hostOf(root)
    const large: HostWriter = { ...host, freeBytes: async () => 3_145_728, stat: async (path) => (path.endsWith('/snap/db') ? { ...(await host.stat(path)), bytes: 10 ** 9 } as Awaited<ReturnType<HostReader['stat']>> : host.stat(path)) }
    const end = await carryOut({ root, order, host: large })
    expect(end).toMatchObject({ type: 'FAILED', code: 'step.space' })
    expect('message' in end && end.message).toContain('1018 MB are needed')
  })
})
