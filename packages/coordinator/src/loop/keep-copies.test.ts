import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Order, Snapshot } from '@drover/protocol'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { sealWhole } from '@drover/test/kit/coordinator/copy-order.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { cutHost, SNAPSHOT_BYTES } from '@drover/test/kit/coordinator/scripted-host.ts'
import { connectSite, driveUntil, enrolSite, runState, type Site, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { copySealer } from '@drover/protocol/node'
import { copyFiles } from '../copies/files.ts'
import { readCopyKey, takeCopy } from '../copies/take-copy.ts'
import { readEvents } from '../store/events.ts'

const world = {} as { coordinator: TestCoordinator; site: Site; admin: string; brings: boolean }

const post = (path: string, body: unknown = {}): Promise<TestAnswer> => call(world.coordinator, `POST /api/v1/${path}`, { token: world.admin, body })
const approve = ({ json }: TestAnswer): Promise<TestAnswer> => post(`forecasts/${String(json['id'])}/approve`, { hash: json['hash'] })
const listed = async (): Promise<{ name: string; host: string | null; copied: number | null }[]> => JSON.parse((await call(world.coordinator, 'GET /api/v1/snapshots', { token: world.admin })).text) as { name: string; host: string | null; copied: number | null }[]
const copyOrders = (): Order[] => world.site.hosts[0].ledger.filter(({ kind }) => kind === 'snapshot.copy')
const snapshotIn = ({ params }: Order): Snapshot => (params as { snapshot: Snapshot }).snapshot
/** What the server has, the oldest first. */
const hold = (...names: readonly string[]): void => {
  const [server] = world.site.hosts
  server.facts = { ...server.facts, snapshots: Object.fromEntries(names.map((name) => [name, { cluster: 'home', incarnation: 1 }])) }
}

/** What a host does that carries out an order to copy: all bytes are here, and are taken in. */
const bring = async (snapshot: Snapshot): Promise<void> => {
  const { context } = world.coordinator
  const { part } = copyFiles(context.home.snapshots, snapshot)
  mkdirSync(join(context.home.snapshots, snapshot.cluster), { recursive: true })
  writeFileSync(part, sealWhole(copySealer(snapshot, await readCopyKey(context, snapshot.cluster)), SNAPSHOT_BYTES))
  await takeCopy(context, snapshot)
}

/** Seconds pass; what was ordered is brought, where hosts do so. */
const pass = async (seconds: number): Promise<void> => {
  for (let second = 0; second < seconds; second += 1) {
    const before = copyOrders().length
    await step(world.coordinator, world.site)
    for (const order of copyOrders().slice(before)) if (world.brings) await bring(snapshotIn(order))
  }
}

beforeEach(async () => {
  world.brings = true
  world.coordinator = await startTestCoordinator()
  world.site = await enrolSite(world.coordinator)
  world.admin = await world.coordinator.token('admin')
  await approve(await post('clusters/home/forecast', { spec: SMALL }))
  await driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === 'done' })
})
afterEach(() => world.coordinator.remove())

describe('copies of snapshots', () => {
  it('are made without anybody asking, the newest first, one at a time', async () => {
    hold('snapshot-20260101t0000z', 'snapshot-20260102t0000z')
    await pass(8)
    expect(copyOrders().map((order) => snapshotIn(order).name)).toEqual(['snapshot-20260102t0000z', 'snapshot-20260101t0000z'])
    expect((await listed()).map(({ host, copied }) => [host, copied === null])).toEqual([['node-1', false], ['node-1', false]])
  })

  it('are in no forecast and hold no run up', async () => {
    world.brings = false
    hold('manual-aaaaaaaaaaaaaaaa')
    world.site.hosts[0].script = (order) => (order.kind === 'snapshot.copy' ? { code: 'copy.unreached', message: 'no way' } : null)
    await pass(2)
    const forecast = await post('clusters/home/forecast', { spec: SMALL.replace('snapshots: false', 'snapshots: { schedule: "0 * * * *", keep: 2 }') })
    expect(forecast.text).not.toContain('snapshot.copy')
    await approve(forecast)
    await driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === 'done' })
  })

  it('that fail are tried again after a minute, not at once; also those that ended well and are not here', async () => {
    world.brings = false
    hold('manual-aaaaaaaaaaaaaaaa')
    world.site.hosts[0].script = (order) => (order.kind === 'snapshot.copy' && copyOrders().length < 2 ? { code: 'copy.unreached', message: 'no way' } : null)
    await pass(50)
    expect(copyOrders()).toHaveLength(1)
    await pass(15)
    expect(copyOrders()).toHaveLength(2)
    await pass(290)
    expect(copyOrders()).toHaveLength(2)
    world.brings = true
    await pass(20)
    expect(copyOrders()).toHaveLength(3)
    expect(world.coordinator.context.world.copies.size).toBe(1)
    await pass(5)
    expect(world.coordinator.context.world.copyTries.size).toBe(0)
  })

  it('wait quietly for a host that is away', async () => {
    await cutHost(world.coordinator, world.site.hosts[0])
    hold('manual-aaaaaaaaaaaaaaaa')
    await pass(5)
    expect(copyOrders()).toEqual([])
    await connectSite(world.coordinator, world.site)
    await pass(3)
    expect(copyOrders()).toHaveLength(1)
  })

  it('stay as many as the schedule keeps, and go where newer ones have come', async () => {
    await approve(await post('clusters/home/forecast', { spec: SMALL.replace('snapshots: false', 'snapshots: { schedule: "0 * * * *", keep: 2 }') }))
    await driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === 'done' })
    const all = ['manual-aaaaaaaaaaaaaaaa', ...[1, 2, 3].map((day) => `snapshot-2026010${String(day)}t0000z`)]
    for (let count = 1; count <= all.length; count += 1) {
      hold(...all.slice(0, count))
      await pass(4)
    }
    const files = readdirSync(join(world.coordinator.context.home.snapshots, 'home')).toSorted()
    expect(files).toEqual(['manual-aaaaaaaaaaaaaaaa.copy', 'snapshot-20260102t0000z.copy', 'snapshot-20260103t0000z.copy'])
    expect((await readEvents(world.coordinator.context.db, 0, 500)).map(({ said }) => said.code)).toContain('snapshot.copy-dropped')
  })
})

describe('a copy and its snapshot', () => {
  const NAME = 'manual-aaaaaaaaaaaaaaaa'
  const OTHER = 'manual-bbbbbbbbbbbbbbbb'

  it('go together', async () => {
    hold(NAME, OTHER)
    await pass(6)
    await approve(await post(`clusters/home/snapshots/${NAME}/deletion`))
    await driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === 'done' })
    expect((await listed()).map(({ name }) => name)).toEqual([OTHER])
    expect(world.coordinator.context.world.copies.size).toBe(1)
  })

  it('are deleted on the host, not behind its back', async () => {
    hold(NAME)
    await pass(4)
    expect(await call(world.coordinator, `DELETE /api/v1/clusters/home/snapshots/${NAME}/copy`, { token: world.admin })).toMatchObject({ status: 409, json: { code: 'resource.conflict' } })
  })

  it('the copy serves a restore where the host has lost its snapshot', async () => {
    hold(NAME, OTHER)
    await pass(6)
    hold()
    await pass(2)
    expect((await listed()).map(({ name, host }) => [name, host])).toEqual([[OTHER, null], [NAME, null]])
    // The newest good one of this life of the cluster: these are older than it is.
    expect((await post('clusters/home/restoration', { snapshot: null })).status).toBe(404)
    const forecast = await post('clusters/home/restoration', { snapshot: OTHER })
    expect(forecast.text).toContain('snapshot.fetch')
    await approve(forecast)
    await driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === 'done' })
    const kinds = world.site.hosts[0].ledger.filter(({ kind }) => kind !== 'snapshot.copy').map(({ kind }) => kind).slice(3)
    expect(kinds).toEqual(['snapshot.fetch', 'k3s.restore', 'k3s.start', 'snapshot.take'])
    expect((await post('clusters/home/restoration', { snapshot: 'nothing' })).status).toBe(404)
  })

  it('part where the cluster is deleted: the copy stays, can be opened, and can be deleted', async () => {
    hold(NAME)
    await pass(4)
    const forecast = await post('clusters/home/deletion', { confirm: 'home' })
    expect(forecast.text).toContain('finding.copies-stay')
    await approve(forecast)
    await driveUntil(world.coordinator, world.site, { until: () => !world.coordinator.context.world.clusters.has('home') })
    hold()
    await pass(2)
    expect(await listed()).toMatchObject([{ name: NAME, host: null }])
    const answer = await world.coordinator.app.inject({ method: 'GET', url: `/api/v1/clusters/home/snapshots/${NAME}/copy`, headers: { host: '10.0.0.1:8443', authorization: `Bearer ${world.admin}` } })
    expect(createHash('sha256').update(answer.rawPayload).digest('hex')).toBe(createHash('sha256').update(SNAPSHOT_BYTES).digest('hex'))
    expect((await call(world.coordinator, `DELETE /api/v1/clusters/home/snapshots/${NAME}/copy`, { token: world.admin })).status).toBe(200)
    expect(await listed()).toEqual([])
  })
})
