import { afterEach, describe, expect, it } from 'vitest'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { API_LIMITS, type ApiLimits, type RateClass } from './limits.ts'

const world = {} as { coordinator: TestCoordinator }
afterEach(() => world.coordinator.remove())

const begin = async (limits: ApiLimits): Promise<TestCoordinator> => {
  world.coordinator = await startTestCoordinator({ limits })
  return world.coordinator
}
const HOUR = 3_600_000
const ample = { perSecond: 0, burst: 10_000, says: '' }
/** Only one class is bounded, as the product bounds it. */
const only = (rate: RateClass): ApiLimits => {
  const budgets = Object.fromEntries(Object.keys(API_LIMITS.budgets).map((each) => [each, each === rate ? API_LIMITS.budgets[rate] : ample]))
  return { ...API_LIMITS, budgets: budgets as ApiLimits['budgets'] }
}
const many = async (times: number, ask: () => Promise<TestAnswer>): Promise<number[]> => {
  const found: number[] = []
  for (let count = 0; count < times; count += 1) found.push((await ask()).status)
  return found
}
const counts = (statuses: readonly number[]): Record<number, number> => Object.fromEntries([...new Set(statuses)].map((status) => [status, statuses.filter((each) => each === status).length]))

const SPEC = 'cluster: home\nk3s: { version: v1.36.2+k3s1, origin: file }\nservers: { names: [nobody] }\n'

describe('every route', () => {
  it('spends the general budget alone, but these', async () => {
    const { app } = await begin(API_LIMITS)
    expect(app.routeRights.filter(({ rate }) => rate !== 'general').map(({ method, url, rate }) => `${method} ${url}: ${rate}`)).toMatchInlineSnapshot(`
      [
        "POST /api/v1/clusters/:name/forecast: plan",
        "POST /api/v1/clusters/:name/deletion: plan",
        "POST /api/v1/clusters/:name/kubeconfig: kubeconfig",
        "POST /api/v1/forecasts/:id/approve: apply",
        "POST /api/v1/runs/:id/retry: apply",
        "POST /api/v1/tokens: join-token",
        "GET /artifacts/sha256/:sha256: download",
        "POST /api/v1/clusters/:name/snapshots: apply",
        "POST /api/v1/clusters/:name/snapshots/:snapshot/deletion: plan",
        "POST /api/v1/clusters/:name/restoration: plan",
        "GET /snapshots/copies/:cluster/:snapshot/file: copy",
        "GET /snapshots/copies/:cluster/:snapshot: copy",
        "GET /api/v1/clusters/:name/snapshots/:snapshot/copy: download",
        "GET /install.sh: download",
        "PUT /snapshots/copies/:cluster/:snapshot: copy",
      ]
    `)
  })
})

describe('a person', () => {
  it('makes 300 requests at once and five a second from then on, whatever they are answered; another one is not touched', async () => {
    const coordinator = await begin(API_LIMITS)
    const [token, other] = [await coordinator.token('viewer'), await coordinator.token('viewer', { owner: 'other' })]
    const get = (): Promise<TestAnswer> => call(coordinator, 'GET /api/v1/hosts/nobody', { token })
    expect(counts(await many(310, get))).toEqual({ 404: 300, 429: 10 })
    const refused = await get()
    expect(refused.json).toMatchObject({ code: 'request.rate', message: API_LIMITS.budgets.general.says })
    expect(refused.headers['retry-after']).toBe('1')
    expect((await call(coordinator, 'GET /api/v1/hosts', { token: other })).status).toBe(200)
    expect((await call(coordinator, 'GET /api/v1/health')).status).toBe(200)
    coordinator.clock.advance(1_000)
    expect(counts(await many(6, get))).toEqual({ 404: 5, 429: 1 })
  })

  it('has one budget, however many tokens', async () => {
    const coordinator = await begin(API_LIMITS)
    const [one, two] = [await coordinator.token('viewer', { owner: 'ada' }), await coordinator.token('operator', { owner: 'ada' })]
    await many(300, () => call(coordinator, 'GET /api/v1/hosts', { token: one }))
    expect((await call(coordinator, 'GET /api/v1/hosts', { token: two })).status).toBe(429)
  })

  it('is counted before it is told that its role does not do', async () => {
    const coordinator = await begin(API_LIMITS)
    const token = await coordinator.token('viewer')
    const ask = (): Promise<TestAnswer> => call(coordinator, 'POST /api/v1/clusters/home/kubeconfig', { token, body: {} })
    expect(counts(await many(301, ask))).toEqual({ 403: 300, 429: 1 })
  })

  it('plans 30 times at once and every two seconds from then on, and may still look', async () => {
    const coordinator = await begin(only('plan'))
    const token = await coordinator.token('operator')
    const plan = (): Promise<TestAnswer> => call(coordinator, 'POST /api/v1/clusters/home/forecast', { token, body: { spec: SPEC } })
    expect(counts(await many(30, plan))).toEqual({ 201: 30 })
    const refused = await plan()
    expect([refused.status, refused.json['message'], refused.headers['retry-after']]).toEqual([429, 'the coordinator takes 30 plans a minute', '2'])
    expect((await call(coordinator, 'GET /api/v1/clusters', { token })).status).toBe(200)
    coordinator.clock.advance(2_000)
    expect(counts(await many(2, plan))).toEqual({ 201: 1, 429: 1 })
  })

  it('makes 60 install lines an hour; what is refused for its own sake does not count', async () => {
    const coordinator = await begin(only('join-token'))
    const token = await coordinator.token('operator')
    const make = (body: unknown): Promise<TestAnswer> => call(coordinator, 'POST /api/v1/tokens', { token, body })
    expect(counts(await many(40, () => make({ count: 'three' })))).toEqual({ 400: 40 })
    expect(counts(await many(61, () => make({})))).toEqual({ 201: 60, 429: 1 })
    coordinator.clock.advance(HOUR)
    expect(counts(await many(61, () => make({})))).toEqual({ 201: 60, 429: 1 })
  })

  it('asks in vain for the kubeconfig of a cluster that is not there yet as often as it likes', async () => {
    const coordinator = await begin(only('kubeconfig'))
    const token = await coordinator.token('admin')
    const sealTo = 'A'.repeat(43)
    expect(counts(await many(30, () => call(coordinator, 'POST /api/v1/clusters/home/kubeconfig', { token, body: { sealTo } })))).toEqual({ 404: 30 })
  })
})

describe('an address that nobody vouches for', () => {
  it('has a budget of its own for what is public and for what is not there', async () => {
    const coordinator = await begin(API_LIMITS)
    expect(counts(await many(150, () => call(coordinator, 'GET /api/v1/health')))).toEqual({ 200: 150 })
    expect(counts(await many(151, () => call(coordinator, 'GET /nothing')))).toEqual({ 404: 150, 429: 1 })
    const token = await coordinator.token('viewer')
    expect((await call(coordinator, 'GET /api/v1/hosts', { token })).status).toBe(200)
    expect((await call(coordinator, `GET /artifacts/sha256/${'a'.repeat(64)}`)).status).toBe(404)
  })
})
