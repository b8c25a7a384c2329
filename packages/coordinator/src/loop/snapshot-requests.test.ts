import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { driveUntil, enrolSite, runState, type Site, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { readEvents } from '../store/events.ts'

type World = { coordinator: TestCoordinator; site: Site; admin: string }
const world = {} as World

const post = (path: string, body: unknown = {}): Promise<TestAnswer> => call(world.coordinator, `POST /api/v1/${path}`, { token: world.admin, body })
const get = (path: string): Promise<TestAnswer> => call(world.coordinator, `GET /api/v1/${path}`, { token: world.admin })
const approve = ({ json }: TestAnswer): Promise<TestAnswer> => post(`forecasts/${String(json['id'])}/approve`, { hash: json['hash'] })
const until = (state: string): Promise<void> => driveUntil(world.coordinator, world.site, { until: () => runState(world.coordinator) === state })
/** What each host has begun since the cluster came up, beside the copies of snapshots, which nothing here is about. */
const ledger = (): string[][] => world.site.hosts.map((host) => host.ledger.map(({ kind }) => kind).filter((kind) => kind !== 'snapshot.copy').slice(3))
const names = async (): Promise<unknown[]> => (JSON.parse((await get('snapshots')).text) as { name: string }[]).map(({ name }) => name)

const take = async (): Promise<string> => {
  const asked = await post('clusters/home/snapshots')
  expect(asked).toMatchObject({ status: 202, json: { kind: 'snapshot', state: 'open' } })
  await step(world.coordinator, world.site)
  return `manual-${String(asked.json['id']).slice(4)}`
}

beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
  world.site = await enrolSite(world.coordinator)
  world.admin = await world.coordinator.token('admin')
  await approve(await post('clusters/home/forecast', { spec: SMALL }))
  await until('done')
})
afterEach(() => world.coordinator.remove())

describe('a snapshot', () => {
  it('is taken by the server without a run or an approval, once', async () => {
    const asked = await post('clusters/home/snapshots')
    for (let second = 0; second < 3; second += 1) await step(world.coordinator, world.site)
    expect((await get(`requests/${String(asked.json['id'])}`)).json).toMatchObject({ state: 'done', message: null })
    expect(ledger()).toEqual([['snapshot.take'], []])
    expect(await names()).toEqual([`manual-${String(asked.json['id']).slice(4)}`])
  })

  it('is refused with what the server said', async () => {
    world.site.hosts[0].script = () => ({ code: 'step.space', message: '3 MB are free' })
    const asked = await post('clusters/home/snapshots')
    for (let second = 0; second < 5; second += 1) await step(world.coordinator, world.site)
    expect((await get(`requests/${String(asked.json['id'])}`)).json).toMatchObject({ state: 'refused', message: '3 MB are free' })
    expect(world.site.hosts[0].ledger.filter(({ kind }) => kind === 'snapshot.take')).toHaveLength(1)
  })

  it('is deleted only under an approval', async () => {
    const name = await take()
    const forecast = await post(`clusters/home/snapshots/${name}/deletion`)
    expect(forecast).toMatchObject({ status: 201, json: { quiet: false } })
    for (let second = 0; second < 3; second += 1) await step(world.coordinator, world.site)
    expect(await names()).toEqual([name])
    await approve(forecast)
    await until('done')
    expect(await names()).toEqual([])
  })

  it('of an unknown name or cluster is not found', async () => {
    expect(await post('clusters/home/snapshots/nothing/deletion')).toMatchObject({ status: 404, json: { code: 'snapshot.unknown' } })
    expect(await post('clusters/other/snapshots')).toMatchObject({ status: 404, json: { code: 'resource.unknown' } })
    expect(await post('clusters/home/snapshots/..%2f/deletion')).toMatchObject({ status: 400 })
  })
})

describe('a restore', () => {
  it('puts the snapshot back as the next incarnation, restarts no agent, and tells how much came back', async () => {
    const name = await take()
    const forecast = await post('clusters/home/restoration', { snapshot: null })
    expect(forecast).toMatchObject({ status: 201 })
    expect((await approve(forecast)).status).toBe(201)
    await until('done')
    expect(ledger()).toEqual([['snapshot.take', 'k3s.restore', 'k3s.start', 'snapshot.take'], ['k3s.config']])
    expect((await get('clusters/home')).json).toMatchObject({ incarnation: 2, revision: 1 })
    expect(world.site.hosts.map(({ facts }) => facts.claim?.incarnation)).toEqual([2, 2])
    const said = (await readEvents(world.coordinator.context.db, 0, 200)).map((event) => event.said)
    expect(said).toContainEqual({ code: 'cluster.restored', args: { cluster: 'home', snapshot: name, was: 10, now: 11 } })
    expect(world.coordinator.context.world.requests.size).toBe(0)
    expect((await post('clusters/home/forecast', { spec: SMALL })).json['quiet']).toBe(true)
  })

  it('is no more than a forecast until it is approved, however often it is asked for', async () => {
    await take()
    for (let times = 0; times < 3; times += 1) await post('clusters/home/restoration', { snapshot: null })
    for (let second = 0; second < 3; second += 1) await step(world.coordinator, world.site)
    expect(world.site.hosts[0].ledger.some(({ kind }) => kind === 'k3s.restore')).toBe(false)
    expect(world.coordinator.context.world.requests.size).toBe(1)
    expect((await get('clusters/home')).json).toMatchObject({ incarnation: 1 })
  })

  it('that fails asks, and a spec that is applied instead takes its place', async () => {
    await take()
    world.site.hosts[0].script = (order) => (order.kind === 'k3s.restore' ? { code: 'snapshot.damaged', message: 'a bit is flipped' } : null)
    await approve(await post('clusters/home/restoration', { snapshot: null }))
    await driveUntil(world.coordinator, world.site, { until: () => ['asking', 'failed'].includes(runState(world.coordinator)) })
    const forecast = await post('clusters/home/forecast', { spec: SMALL })
    await approve(forecast)
    await until('done')
    expect(world.site.hosts.map(({ facts }) => [facts.claim?.incarnation, facts.k3s?.state, facts.k3s?.current])).toEqual([[2, 'active', true], [2, 'active', true]])
    expect(world.site.hosts[0].ledger.filter(({ kind }) => kind === 'k3s.start')).toHaveLength(1)
  })

  it.each<[string, string, number, string]>([
    ['an unknown snapshot', 'nothing', 404, 'snapshot.unknown'],
    ['a bad name', '../x', 400, 'request.invalid'],
  ])('of %s is refused', async (...[, snapshot, status, code]) => {
    expect(await post('clusters/home/restoration', { snapshot })).toMatchObject({ status, json: { code } })
  })

  it('finds no good snapshot where none was taken', async () => {
    expect(await post('clusters/home/restoration', { snapshot: null })).toMatchObject({ status: 404, json: { code: 'snapshot.unknown' } })
  })
})
