import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { connectSite, driveUntil, runState, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { cutHost, enrolHost, makeScriptedHost, work } from '@drover/test/kit/coordinator/scripted-host.ts'
import { useSite } from '@drover/test/kit/coordinator/use-site.ts'
import { describe, expect, it } from 'vitest'

const world = useSite()
const { approve, begin, forecast, ledger, until } = world
const BRING_UP = ['node-1 binary.install', 'node-1 k3s.config', 'node-1 k3s.start', 'node-2 binary.install', 'node-2 k3s.config', 'node-2 k3s.start']

describe('a run', () => {
  it('sends each order once, in the order of the rules, and is done when the cluster is as the spec says', async () => {
    const run = await begin()
    await until('done')
    expect(ledger()).toEqual(BRING_UP)
    const shown = await call(world.coordinator, `GET /api/v1/runs/${run}`, { token: world.admin })
    expect(shown.json).toMatchObject({ state: 'done', planned: 6 })
    const [server, agent] = world.site.hosts
    const starts = [server.ledger, agent.ledger].map((orders) => orders.find((order) => order.kind === 'k3s.start'))
    expect(starts[0]?.createdAt).toBeLessThan(starts[1]?.createdAt ?? 0)
    expect(starts.map((order) => order?.fence.value)).toEqual([3, 3])
    const again = await forecast()
    expect(again.json['quiet']).toBe(true)
  })

  it('asks after the retries that were approved along, and goes on when told to', async () => {
    const run = await begin()
    const [, agent] = world.site.hosts
    agent.script = (order) => (order.kind === 'k3s.start' ? { code: 'step.timeout', message: 'no answer', evidence: 'level=fatal msg="no route"' } : null)
    await until('asking')
    expect(agent.ledger.filter((order) => order.kind === 'k3s.start').map((order) => order.attempt)).toEqual([1, 2, 3, 4])
    const shown = await call(world.coordinator, `GET /api/v1/runs/${run}`, { token: world.admin })
    expect(JSON.stringify(shown.json['said'])).toContain('no answer')
    expect(JSON.stringify(shown.json['orders'])).toContain('no route')
    agent.script = () => null
    expect((await call(world.coordinator, `POST /api/v1/runs/${run}/retry`, { token: world.admin, body: {} })).json).toMatchObject({ state: 'running' })
    await until('done')
  })

  it('takes back what never left when it is cancelled, and sends nothing new until it is retried', async () => {
    const [server, agent] = world.site.hosts
    const run = await begin()
    // The agent's connection is broken, which nobody has noticed yet: its orders are stored and stay here.
    world.coordinator.hub.disconnect(agent.id)
    await world.coordinator.plan()
    const states = (host: string): string[] => [...world.coordinator.context.world.orders.values()].filter((order) => order.host === host).map((order) => order.state.kind)
    expect([states(server.id), states(agent.id)]).toEqual([['sent'], ['queued']])
    const cancelled = await call(world.coordinator, `POST /api/v1/runs/${run}/cancel`, { token: world.admin, body: {} })
    expect(cancelled.json).toMatchObject({ state: 'cancelled' })
    expect(states(agent.id)).toEqual(['superseded'])
    await connectSite(world.coordinator, world.site)
    for (let second = 0; second < 5; second += 1) await step(world.coordinator, world.site)
    expect(ledger()).toEqual(BRING_UP.slice(0, 1))
    expect((await call(world.coordinator, `POST /api/v1/runs/${run}/retry`, { token: world.admin, body: {} })).status).toBe(200)
    await until('done')
    expect(ledger()).toEqual(BRING_UP)
  })

  it('goes on after the coordinator was stopped in the middle, and sends nothing twice', async () => {
    await begin()
    for (let restart = 0; restart < 6; restart += 1) {
      await world.coordinator.plan()
      await world.coordinator.stop()
      const { root, clock } = world.coordinator
      world.coordinator = await startTestCoordinator({ root, clock })
      await connectSite(world.coordinator, world.site)
      for (const host of world.site.hosts) await work(world.coordinator, host, world.site.nodes)
      clock.advance(1000)
    }
    await until('done')
    expect(ledger()).toEqual(BRING_UP)
    expect(world.coordinator.context.epoch).toBe(7)
  })

  it('is superseded by a newer approval, whose run carries on', async () => {
    const first = await begin()
    await step(world.coordinator, world.site)
    const second = await approve(await forecast(`${SMALL}options: { disable: [traefik] }\n`))
    expect(second).toMatchObject({ status: 201 })
    await until('done')
    const old = await call(world.coordinator, `GET /api/v1/runs/${first}`, { token: world.admin })
    expect(old.json).toMatchObject({ state: 'superseded' })
    expect(world.site.hosts[0].facts.config?.text).toContain('traefik')
    expect((await call(world.coordinator, `POST /api/v1/runs/${first}/retry`, { token: world.admin, body: {} })).json).toMatchObject({ code: 'run.not-open' })
  })
})

describe('an approval', () => {
  it('is refused for a host that another approval has taken meanwhile', async () => {
    const other = SMALL.replace('cluster: home', 'cluster: away')
    const [one, two] = await Promise.all([forecast(), forecast(other, 'away')])
    const answers = await Promise.all([approve(one), approve(two)])
    expect(answers.map((answer) => answer.status).toSorted((a, b) => a - b)).toEqual([201, 409])
    expect(answers.find((answer) => answer.status === 409)?.json).toMatchObject({ code: 'forecast.stale' })
    expect(world.coordinator.context.world.clusters.size).toBe(1)
  })

  it('is refused where the hosts are no longer as they were shown', async () => {
    const made = await forecast()
    await approve(await forecast())
    await until('done')
    expect((await approve(made)).json).toMatchObject({ code: 'forecast.stale' })
  })

  it('is refused with another hash, twice, and for a fatal forecast', async () => {
    const made = await forecast()
    const wrong = await call(world.coordinator, `POST /api/v1/forecasts/${String(made.json['id'])}/approve`, { token: world.admin, body: { hash: 'f'.repeat(64) } })
    expect(wrong.json).toMatchObject({ code: 'forecast.hash' })
    expect((await approve(made)).status).toBe(201)
    expect((await approve(made)).json).toMatchObject({ code: 'resource.conflict' })
    await until('done')
    expect(String((await approve(made)).json['message'])).toMatch(/it became run run-[a-z2-7]{16}$/)
    const fatal = await forecast(SMALL.replace('role: server', 'role: nobody'))
    expect((await approve(fatal)).json).toMatchObject({ code: 'forecast.fatal' })
  })
})

describe('a kubeconfig', () => {
  const ask = async (): Promise<string> => {
    const asked = await call(world.coordinator, 'POST /api/v1/clusters/home/kubeconfig', { token: world.admin, body: { sealTo: 'A'.repeat(42) + 'E' } })
    expect(asked).toMatchObject({ status: 202 })
    return String(asked.json['id'])
  }
  const requestOf = async (id: string): Promise<TestAnswer> => call(world.coordinator, `GET /api/v1/requests/${id}`, { token: world.admin })

  it('is read by a server and given sealed, without a run', async () => {
    await begin()
    await until('done')
    const id = await ask()
    await step(world.coordinator, world.site)
    expect((await requestOf(id)).json).toMatchObject({ state: 'done', answer: 'c2VhbGVk' })
    expect(ledger().filter((line) => line.endsWith('kubeconfig.read'))).toEqual(['node-1 kubeconfig.read'])
  })

  it('is refused with what the server said, and not asked again', async () => {
    await begin()
    await until('done')
    world.site.hosts[0].script = () => ({ message: 'no such file' })
    const id = await ask()
    for (let second = 0; second < 5; second += 1) await step(world.coordinator, world.site)
    expect((await requestOf(id)).json).toMatchObject({ state: 'refused', message: 'no such file' })
    expect(ledger().filter((line) => line.endsWith('kubeconfig.read'))).toHaveLength(1)
  })

  it('is withdrawn when no server has answered for ten minutes', async () => {
    await begin()
    await until('done')
    await cutHost(world.coordinator, world.site.hosts[0])
    const id = await ask()
    world.coordinator.clock.advance(601_000)
    await world.coordinator.plan()
    expect((await requestOf(id)).json).toMatchObject({ state: 'withdrawn' })
  })
})

describe('an order to a host that is away', () => {
  it('goes out when the host is back, and once only', async () => {
    await begin()
    await world.coordinator.plan()
    const [server] = world.site.hosts
    await cutHost(world.coordinator, server)
    await connectSite(world.coordinator, world.site)
    await until('done')
    expect(ledger()).toEqual(BRING_UP)
  })
})

describe('two clusters', () => {
  it('share one coordinator', async () => {
    const third = makeScriptedHost({ name: 'node-3', ip: '10.0.0.13', labels: { role: 'other' } })
    await enrolHost(world.coordinator, third)
    const spec = SMALL.replace('cluster: home', 'cluster: away').replace('role: server', 'role: other').replace(/agents:.*\n/, '')
    await begin()
    const other = await approve(await forecast(spec, 'away'))
    expect(other).toMatchObject({ status: 201 })
    const whole = { hosts: world.site.hosts, nodes: world.site.nodes }
    const apart = {}
    await driveUntil(world.coordinator, whole, {
      until: () => {
        void work(world.coordinator, third, apart)
        return runState(world.coordinator) === 'done' && runState(world.coordinator, 'away') === 'done'
      },
    })
    expect(third.ledger.map((order) => order.cluster)).toEqual(['away', 'away', 'away'])
  })
})

describe('a host whose join token limits it', () => {
  it('to another cluster is not there for this one, and to another role is no server', async () => {
    const other = makeScriptedHost({ name: 'node-4', ip: '10.0.0.14', labels: { role: 'other' } })
    await enrolHost(world.coordinator, other, { cluster: 'elsewhere' })
    const worker = makeScriptedHost({ name: 'node-5', ip: '10.0.0.15', labels: { role: 'fifth' } })
    await enrolHost(world.coordinator, worker, { role: 'agent' })
    const withServer = (role: string): string => SMALL.replace('role: server', `role: ${role}`).replace(/agents:.*\n/, '')
    expect((await approve(await forecast(withServer('other')))).json).toMatchObject({ code: 'forecast.fatal' })
    const limited = await forecast(withServer('fifth'))
    expect(JSON.stringify(limited.json['findings'])).toContain('finding.role-limit')
    expect((await approve(limited)).json).toMatchObject({ code: 'forecast.fatal' })
    const there = withServer('other').replace('cluster: home', 'cluster: elsewhere')
    expect((await approve(await forecast(there, 'elsewhere'))).status).toBe(201)
  })
})
