import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { connectSite, driveUntil, enrolSite, runState, type Site, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { tellFacts } from '@drover/test/kit/coordinator/scripted-host.ts'

const ORIGINAL = '00000000-0000-4000-8000-00000000000a'
const COPY = '00000000-0000-4000-8000-00000000000b'

describe('two machines with one key', () => {
  let coordinator: TestCoordinator
  let site: Site
  let admin: string

  const at = (): Site['hosts'][1] => site.hosts[1]
  const post = (path: string, body: unknown = {}): Promise<TestAnswer> => call(coordinator, `POST ${path}`, { token: admin, body })
  const approve = (): Promise<TestAnswer> => post('/api/v1/hosts/node-2/approve')
  const get = async (path: string): Promise<TestAnswer['json']> => (await call(coordinator, `GET ${path}`, { token: admin })).json
  const open = async (bootId: string): Promise<void> => {
    coordinator.events.onOpen?.(coordinator.hub.connect(at().id, { bootId }))
    await coordinator.context.turn(() => Promise.resolve())
    await tellFacts(coordinator, at(), site.nodes)
  }
  const begin = async (): Promise<void> => {
    const made = await post('/api/v1/clusters/home/forecast', { spec: SMALL })
    expect(await post(`/api/v1/forecasts/${String(made.json['id'])}/approve`, { hash: made.json['hash'] })).toMatchObject({ status: 201 })
  }
  const seconds = async (count: number): Promise<void> => {
    for (let second = 0; second < count; second += 1) await step(coordinator, site)
  }
  /** How many orders were given to any machine that calls itself node-2. */
  const given = (): number => (coordinator.hub.sent.get(at().id) ?? []).filter(({ t }) => t === 'order').length
  const findings = async (): Promise<string[]> => ((await get('/api/v1/hosts/node-2'))['findings'] as { code: string }[]).map(({ code }) => code)
  const alternate = async (): Promise<void> => {
    for (const boot of [ORIGINAL, COPY, ORIGINAL]) await open(boot)
  }

  beforeEach(async () => {
    coordinator = await startTestCoordinator()
    site = await enrolSite(coordinator)
    admin = await coordinator.token('admin')
  })
  afterEach(() => coordinator.remove())

  it('get nothing, the rest goes on, and status says what is waited for and what to do', async () => {
    await alternate()
    await begin()
    await seconds(20)
    expect(given()).toBe(0)
    expect(site.hosts[0].ledger.map(({ kind }) => kind)).toEqual(['binary.install', 'k3s.config', 'k3s.start'])
    expect(await get('/api/v1/clusters/home')).toMatchObject({
      waits: [{ on: ['node-2'], reason: { code: 'wait.clone' }, endsWhen: { code: 'wait.clone.ends', args: { host: 'node-2' } } }],
      findings: [{ level: 'asks', said: { code: 'finding.clone' } }],
    })
    expect(await get('/api/v1/hosts/node-2')).toMatchObject({ state: 'active', findings: [{ code: 'host.clone' }] })
  })

  it('get their orders once the copy is gone and a person said so', async () => {
    await alternate()
    await begin()
    await seconds(150)
    expect(await approve()).toMatchObject({ status: 200, json: { findings: [] } })
    await driveUntil(coordinator, site, { until: () => runState(coordinator) === 'done' })
    expect(at().ledger.map(({ kind }) => kind)).toEqual(['binary.install', 'k3s.config', 'k3s.start'])
  })

  it('are not approved while the other one was there a moment ago, nor while neither is', async () => {
    await alternate()
    expect(await approve()).toMatchObject({ status: 409, json: { code: 'host.clone' } })
    coordinator.hub.disconnect(at().id)
    expect(await approve()).toMatchObject({ status: 409, json: { code: 'host.offline' } })
    expect(await findings()).toEqual(['host.clone'])
  })

  it('do not get again what one of them has had', async () => {
    await open(ORIGINAL)
    await begin()
    await coordinator.plan()
    const first = given()
    expect(first).toBeGreaterThan(0)
    await open(COPY)
    const had = given()
    await alternate()
    await open(COPY)
    expect(given()).toBe(had)
    coordinator.clock.advance(121_000)
    await approve()
    expect(given()).toBe(had + first)
  })

  it('are known at once where the copy comes back after all, also by a coordinator that started anew', async () => {
    await alternate()
    coordinator.clock.advance(121_000)
    expect((await approve()).status).toBe(200)
    const { root, clock } = coordinator
    await coordinator.stop()
    coordinator = await startTestCoordinator({ root, clock })
    await connectSite(coordinator, { ...site, hosts: [site.hosts[0], site.hosts[0]] })
    await open(ORIGINAL)
    await begin()
    await coordinator.plan()
    const had = given()
    expect([had > 0, await findings()]).toEqual([true, []])
    await open(COPY)
    expect([given(), await findings()]).toEqual([had, ['host.clone']])
  })

  it('get nothing in the moment between a connection and the look at where it comes from', async () => {
    await open(ORIGINAL)
    await begin()
    coordinator.hub.connect(at().id, { bootId: COPY })
    await coordinator.plan()
    expect(given()).toBe(0)
  })

  it('are not what one machine is that starts again and again', async () => {
    for (const boot of 'cdef') await open(ORIGINAL.replace(/a$/, boot))
    await open(ORIGINAL.replace(/a$/, 'f'))
    expect(await findings()).toEqual([])
  })
})
