import { ClusterSchema, firingId, FiringShownSchema, OrderIdSchema, type OrderReport, render, timeName } from '@drover/protocol'
import { call } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { connectSite, driveUntil, enrolSite, runState, type Site, SMALL } from '@drover/test/kit/coordinator/drive.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEvents } from '../store/events.ts'
import { readFirings } from '../store/firings.ts'
import { readOrder } from '../store/orders.ts'

type Held = { coordinator: TestCoordinator; site: Site }
const held: { now: Held | null } = { now: null }
const world = (): Held => {
  if (held.now === null) throw new Error('no test runs')
  return held.now
}

const ORDER = OrderIdSchema.parse('sched-snapshot-20261121t1800z')
const done: OrderReport = { order: ORDER, attempt: 1, state: 'done', result: {}, recovered: false, elapsedMs: 900 }
const failed = { code: 'step.space', message: 'the disk is full', evidence: '', undone: 'undone', elapsedMs: 1 } as const

const tell = async (report: OrderReport, place: 0 | 1 = 0): Promise<void> => {
  const { coordinator, site } = world()
  const session = coordinator.hub.session(site.hosts[place].id)
  if (session === undefined) throw new Error('not connected')
  await coordinator.handlers.report(session, report, { id: `r-${report.order}`, waitedMs: 0 })
}
const said = async (): Promise<readonly string[]> =>
  (await readEvents(world().coordinator.context.db, 0, 1000)).filter(({ said: { code } }) => code.startsWith('schedule.')).map((event) => `${String(event.cluster)}: ${render(event.said)}`)

beforeEach(async () => {
  const coordinator = await startTestCoordinator()
  const site = await enrolSite(coordinator)
  held.now = { coordinator, site }
  await connectSite(coordinator, site)
})
afterEach(() => world().coordinator.remove())

const bringUp = async (): Promise<void> => {
  const { coordinator, site } = world()
  const token = await coordinator.token('admin')
  const { json } = await call(coordinator, 'POST /api/v1/clusters/home/forecast', { token, body: { spec: SMALL.replace('snapshots: false\n', '') } })
  await call(coordinator, `POST /api/v1/forecasts/${String(json['id'])}/approve`, { token, body: { hash: json['hash'] } })
  await driveUntil(coordinator, site, { until: () => runState(coordinator) === 'done' })
}

describe('what a host fired by itself', () => {
  it('is kept once and told, although no order was sent', async () => {
    await bringUp()
    await tell({ order: ORDER, attempt: 1, state: 'received' })
    expect(await said()).toEqual([])
    await tell(done)
    await tell(done)
    await tell({ ...done, order: OrderIdSchema.parse('prune-snapshot-20261120t0000z') })
    expect(await said()).toEqual([
      'home: node-1: schedule snapshot took the snapshot of 2026-11-21T18:00Z',
      'home: node-1: schedule snapshot removed its snapshot of 2026-11-20T00:00Z: newer good ones are there',
    ])
    const { coordinator, site } = world()
    expect(await readOrder(coordinator.context.db, `${site.hosts[0].id}/${ORDER}/1`)).toMatchObject({ cluster: 'home', kind: 'snapshot.take', state: { kind: 'done' }, run: null })
    await coordinator.plan()
    expect(runState(coordinator)).toBe('done')
  })

  it('says what went wrong, each attempt by itself and each host by itself', async () => {
    await bringUp()
    await tell({ ...failed, order: ORDER, attempt: 1, state: 'failed' })
    await tell({ order: ORDER, attempt: 1, state: 'refused', code: 'order.veto', message: '/etc/drover/VETO is there' }, 1)
    await tell({ ...failed, order: OrderIdSchema.parse('prune-snapshot-20261120t0000z'), attempt: 1, state: 'failed' })
    await tell({ ...failed, order: OrderIdSchema.parse('prune-snapshot-20261120t0000z'), attempt: 2, state: 'failed' })
    expect(await said()).toEqual([
      'home: node-1: schedule snapshot did not take the snapshot of 2026-11-21T18:00Z: the disk is full',
      'home: node-2: schedule snapshot did not take the snapshot of 2026-11-21T18:00Z: /etc/drover/VETO is there',
      'home: node-1: schedule snapshot could not remove its snapshot of 2026-11-20T00:00Z: the disk is full',
      'home: node-1: schedule snapshot could not remove its snapshot of 2026-11-20T00:00Z: the disk is full',
    ])
  })

  it('tells by name what it removed of what was kept around changes', async () => {
    await bringUp()
    const tidy = OrderIdSchema.parse('tidy-kept-20261121t1801z')
    await tell({ ...done, order: tidy, result: { snapshots: ['before-v1.35.1-k3s1-1'], folders: ['db.before-2'], bytes: 28 } })
    await tell({ ...failed, order: OrderIdSchema.parse('tidy-kept-20261121t1802z'), attempt: 1, state: 'failed' })
    expect(await said()).toEqual([
      'home: node-1: removed what was kept around changes long ago: before-v1.35.1-k3s1-1, db.before-2',
      'home: node-1: what was kept around changes long ago could not be removed: the disk is full',
    ])
  })

  it('is listed with its tries and the next planned time, and missed ones are found until one is taken', async () => {
    await bringUp()
    const { coordinator } = world()
    const token = await coordinator.token('viewer')
    const listed = async (): Promise<readonly string[]> => {
      const all = FiringShownSchema.array().parse(JSON.parse((await call(coordinator, 'GET /api/v1/firings', { token })).text))
      return all.map(({ host, state, planned, attempts, snapshot, message }) => [host, state, new Date(planned).toISOString().slice(11, 16), attempts, snapshot.slice(-6), message ?? '-'].join(' '))
    }
    const found = async (): Promise<readonly string[]> => {
      const { findings } = ClusterSchema.parse((await call(coordinator, 'GET /api/v1/clusters/home', { token })).json)
      return findings.filter(({ said: { code } }) => code === 'finding.no-snapshot').map(({ said: one }) => render(one))
    }
    const [due] = await listed()
    expect([due, await found()]).toEqual([expect.stringMatching(/^node-1 due \d\d:00 0 t\d{4}z -$/), []])
    const planned = coordinator.clock.now() + 60_000 - (coordinator.clock.now() % 60_000)
    const [first, second] = [planned, planned + 60_000].map((at) => firingId({ what: 'sched', schedule: 'snapshot', at }))
    if (first === undefined || second === undefined) throw new Error('no ids')
    const snapshot = {
      name: 'snapshot-x', cluster: 'home', incarnation: 1, datastore: 'sqlite', at: planned + 700, bytes: 1, sha256: 'a'.repeat(64), grade: 'consistent', objects: 1,
      version: 'v1.36.2+k3s1', token: '0123456789ab',
    }
    await tell({ ...failed, order: first, attempt: 1, state: 'failed' })
    await tell({ ...failed, order: first, attempt: 2, state: 'failed', message: 'still full' })
    const time = new Date(planned).toISOString().slice(11, 16)
    expect(await listed()).toContain(`node-1 failed ${time} 2 ${timeName(planned).slice(-6)} still full`)
    expect(await found()).toEqual([`node-1 has taken no snapshot of home for ${new Date(planned).toISOString().slice(0, 16)}Z (tries: 2): still full`])
    await tell({ ...done, order: first, attempt: 3, result: snapshot })
    expect([(await listed()).filter((line) => !line.includes(' due ')), await found()]).toEqual([[`node-1 done ${time} 3 ${timeName(planned).slice(-6)} -`], []])
    await tell({ order: second, attempt: 1, state: 'refused', code: 'order.veto', message: '/etc/drover/VETO is there' })
    expect(await found()).toHaveLength(1)
    const known = coordinator.context.world.firings.get(world().site.hosts[0].id)
    expect(await readFirings(coordinator.context.db, world().site.hosts[0].id)).toEqual(known)
    expect(known).toHaveLength(4)
  })

  it('of a host without a cluster is dropped, and the host told that it was taken', async () => {
    await tell(done)
    expect(await said()).toEqual([])
  })

  it('is shown with the schedule that the host keeps', async () => {
    await bringUp()
    const { coordinator } = world()
    const { json } = await call(coordinator, 'GET /api/v1/clusters/home', { token: await coordinator.token('viewer') })
    const { schedules } = ClusterSchema.parse(json)
    expect(schedules).toMatchObject([{ host: 'node-1', name: 'snapshot', cron: '0 */6 * * *', timeZone: 'UTC', keep: 8, lastAt: null }])
    const { nextAt } = schedules[0] ?? {}
    expect(new Date(nextAt ?? 1).getUTCHours() % 6).toBe(0)
    expect(nextAt).toBeGreaterThan(coordinator.clock.now())
  })
})
