import { render } from '@drover/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { call, type TestAnswer } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { connectSite, driveUntil, enrolSite, runState, type Site, SMALL, step } from '@drover/test/kit/coordinator/drive.ts'
import { connectHost, enrolHost, makeScriptedHost, type ScriptedHost, work } from '@drover/test/kit/coordinator/scripted-host.ts'

type World = { coordinator: TestCoordinator; site: Site; third: ScriptedHost; admin: string }
const world = {} as World
const GUARDED = `${SMALL}firewall: { admins: [198.51.100.0/24], expose: [{ ports: [80, 443], to: anyone, on: agents }] }\n`

beforeEach(async () => {
  world.coordinator = await startTestCoordinator()
  world.site = await enrolSite(world.coordinator)
  world.third = makeScriptedHost({ name: 'node-3', ip: '10.0.0.13', labels: { role: 'worker' } })
  await enrolHost(world.coordinator, world.third)
  world.admin = await world.coordinator.token('admin')
})
afterEach(() => world.coordinator.remove())

const post = (path: string, body: unknown): Promise<TestAnswer> => call(world.coordinator, `POST /api/v1/${path}`, { token: world.admin, body })
const begin = async (spec = GUARDED): Promise<string> => {
  const { json } = await post('clusters/home/forecast', { spec })
  const run = await post(`forecasts/${String(json['id'])}/approve`, { hash: json['hash'] })
  expect(run).toMatchObject({ status: 201 })
  return String(run.json['id'])
}
const all = (): readonly ScriptedHost[] => [...world.site.hosts, world.third]
const ledger = (kind: RegExp): string[] => all().flatMap((host) => host.ledger.map((order) => `${host.name} ${order.kind}`)).filter((line) => kind.test(line))
const second = async (): Promise<void> => {
  await step(world.coordinator, world.site)
  await work(world.coordinator, world.third, world.site.nodes)
}
const until = async (isTrue: () => boolean, most = 60): Promise<void> => {
  for (let count = 0; count < most && !isTrue(); count += 1) await second()
  if (!isTrue()) throw new Error(`not so after ${String(most)} s: ${runState(world.coordinator)} ${JSON.stringify(world.coordinator.context.world.plans.get('home')?.waits.map((wait) => render(wait.reason)))}`)
}
const isDone = (): boolean => runState(world.coordinator) === 'done'
const probesTo = (host: ScriptedHost): readonly { from: string; targets: { ip: string; port: number }[] }[] =>
  (world.coordinator.hub.sent.get(host.id) ?? []).filter(({ t }) => t === 'probe').map(({ body }) => body as never)
const isStaged = (host: ScriptedHost): boolean => host.facts.firewall.staged !== null
/** The host that tries the rules first; which agent that is follows from their keys. */
const canary = async (): Promise<ScriptedHost> => {
  await until(() => all().some(isStaged))
  const [first, ...more] = all().filter(isStaged)
  if (first === undefined || more.length > 0) throw new Error('not one host')
  return first
}
const goBack = (host: ScriptedHost): void => void (host.facts = { ...host.facts, firewall: { ...host.facts.firewall, staged: null } })

describe('witnesses', () => {
  it('are other members: each rule set is kept only after they came through, one host first, k3s last', async () => {
    await begin()
    const first = await canary()
    expect(first).not.toBe(world.site.hosts[0])
    expect([ledger(/firewall\.stage/), ledger(/k3s\.start|commit/)]).toEqual([[`${first.name} firewall.stage`], []])
    await until(isDone)
    expect(ledger(/firewall/).toSorted()).toEqual(['node-1', 'node-2', 'node-3'].flatMap((host) => [`${host} firewall.commit`, `${host} firewall.stage`]))
    const [server, worker] = world.site.hosts
    expect(probesTo(server)[0]).toMatchObject({ from: '10.0.0.11', targets: [{ ip: first.ip, port: 10_250 }] })
    expect(probesTo(worker).flatMap(({ targets }) => targets.filter(({ ip }) => ip === '10.0.0.11').map(({ port }) => port))).toEqual([6443, 10_250])
    for (const host of all()) expect(host.facts.firewall).toMatchObject({ staged: null, active: { rules: expect.stringMatching(/^[0-9a-f]{64}$/) as string } })
  })

  it('tell how long a connection takes, which is kept with the inventory', async () => {
    await begin()
    await until(isDone)
    const [server, worker] = world.site.hosts
    expect(world.coordinator.context.world.hosts.get(server.id)?.inventory.rttUs).toMatchObject({ [worker.id]: 400 })
    await world.coordinator.stop()
    const { root, clock } = world.coordinator
    world.coordinator = await startTestCoordinator({ root, clock })
    expect(world.coordinator.context.world.hosts.get(server.id)?.inventory.rttUs).toMatchObject({ [worker.id]: 400 })
  })

  it('that vanish are replaced by others', async () => {
    const more = [14, 15, 16].map((at) => makeScriptedHost({ name: `node-${String(at)}`, ip: `10.0.0.${String(at)}`, labels: { role: 'worker' } }))
    const silent = new Set<string>()
    for (const host of more) await enrolHost(world.coordinator, host)
    for (const host of [...all(), ...more]) {
      host.witness = () => {
        if (silent.size < 3) silent.add(host.name)
        return silent.has(host.name) ? null : 'open'
      }
    }
    await begin()
    const kept = (): boolean => [...all(), ...more].some((host) => host.facts.firewall.active !== null)
    for (let count = 0; count < 30 && !kept(); count += 1) {
      await second()
      for (const host of more) await work(world.coordinator, host, world.site.nodes)
    }
    expect([silent.size, kept()]).toEqual([3, true])
  })

  it('that contradict each other are a question for a person, who may have it tried again', async () => {
    const run = await begin()
    const first = await canary()
    const liar = all().find((host) => host !== first && host !== world.site.hosts[0])
    if (liar === undefined) throw new Error('no third host')
    liar.witness = () => 'timeout'
    await until(() => runState(world.coordinator) === 'asking')
    expect(ledger(/commit/)).toEqual([])
    const shown = await call(world.coordinator, `GET /api/v1/runs/${run}`, { token: world.admin })
    expect(JSON.stringify(shown.json['said'])).toContain(`${first.name}: ${liar.name} did not get through to 10250, which the new rules let it reach`)
    expect(probesTo(liar)).toHaveLength(2)
    liar.witness = () => 'open'
    goBack(first)
    await second()
    await post(`runs/${run}/retry`, {})
    await until(isDone)
  })

  it('are heard only for what they were asked, and only while those rules are on trial', async () => {
    for (const host of all()) host.witness = () => null
    await begin()
    const worker = await canary()
    const [server] = world.site.hosts
    const third = worker === world.third ? world.site.hosts[1] : world.third
    await until(() => probesTo(third).length > 0)
    const { handlers, hub, context } = world.coordinator
    const lie = async (from: ScriptedHost, id: string): Promise<void> => {
      const session = hub.session(from.id)
      if (session === undefined) throw new Error('not connected')
      await handlers.probed(session, { id, results: [{ host: worker.id, ip: worker.ip, port: 10_250, outcome: 'open', connectUs: 1 }] }, { id: 'x', waitedMs: 0 })
    }
    const asked = (hub.sent.get(third.id) ?? []).find(({ t }) => t === 'probe')?.body as { id: string }
    await lie(server, asked.id)
    await lie(third, 'made-up')
    expect([...(context.world.trials.get(worker.id)?.asked.values() ?? [])].map(({ reached }) => reached)).toEqual([null, null])
    goBack(worker)
    await second()
    await lie(third, asked.id)
    expect(context.world.trials.get(worker.id)?.witnessed ?? false).toBe(false)
  })

  it('are asked anew after the coordinator was ended between stage and commit', async () => {
    for (const host of all()) host.witness = () => null
    await begin()
    const first = await canary()
    await world.coordinator.stop()
    const { root, clock } = world.coordinator
    world.coordinator = await startTestCoordinator({ root, clock })
    world.admin = await world.coordinator.token('admin', { owner: 'again' })
    for (const host of all()) host.witness = () => 'refused'
    await connectSite(world.coordinator, world.site)
    await connectHost(world.coordinator, world.third, world.site.nodes)
    await until(isDone)
    expect(first.ledger.map(({ kind }) => kind).filter((kind) => kind.startsWith('firewall'))).toEqual(['firewall.stage', 'firewall.commit'])
  })
})

describe('the drover command', () => {
  const ALONE = `${SMALL}firewall: { admins: [127.0.0.0/8] }\n`
  const shown = (run: string): Promise<TestAnswer> => call(world.coordinator, `GET /api/v1/runs/${run}`, { token: world.admin })
  type Dials = readonly { readonly id: string; readonly host: string; readonly ip: string; readonly ports: readonly number[] }[]

  it('bears witness for a host that is alone: without its word the rules go back', async () => {
    const [server] = world.site.hosts
    const run = await begin(ALONE.replace(/agents:.*\n/, ''))
    await until(() => isStaged(server))
    await second()
    const [asked] = (await shown(run)).json['dials'] as Dials
    expect(asked).toMatchObject({ ip: server.ip, ports: [22] })
    await second()
    expect(server.ledger.map(({ kind }) => kind)).not.toContain('firewall.commit')
    const results = asked?.ports.map((port) => ({ host: asked.host, ip: asked.ip, port, outcome: 'open', connectUs: 5 }))
    expect(await post(`runs/${run}/dialled`, { id: 'made-up', results })).toMatchObject({ status: 200 })
    expect((await shown(run)).json['dials']).toHaveLength(1)
    expect(await post(`runs/${run}/dialled`, { id: asked?.id, results })).toMatchObject({ status: 200, json: { dials: [] } })
    await until(isDone)
    expect(server.facts.firewall).toMatchObject({ staged: null, active: { rules: expect.any(String) as string } })
  })
})

describe('a firewall', () => {
  it('is taken off after k3s, and stays away from hosts whose spec has none', async () => {
    await begin()
    await until(isDone)
    const { json } = await post('clusters/home/deletion', { confirm: 'home' })
    await post(`forecasts/${String(json['id'])}/approve`, { hash: json['hash'] })
    await until(() => !world.coordinator.context.world.clusters.has('home'))
    for (const host of all()) expect(host.ledger.slice(-2).map(({ kind }) => kind)).toEqual(['k3s.uninstall', 'firewall.remove'])
  })

  it('of another maker is refused before anything is sent', async () => {
    const [server] = world.site.hosts
    server.facts = { ...server.facts, firewall: { ...server.facts.firewall, inCharge: 'ufw: ENABLED=yes in /etc/ufw/ufw.conf' } }
    await connectSite(world.coordinator, world.site)
    const { json } = await post('clusters/home/forecast', { spec: GUARDED })
    expect(JSON.stringify(json['findings'])).toContain('node-1')
    expect(await post(`forecasts/${String(json['id'])}/approve`, { hash: json['hash'] })).toMatchObject({ status: 422, json: { code: 'forecast.fatal' } })
  })

  it('is not touched by a spec without one', async () => {
    await begin(SMALL)
    await driveUntil(world.coordinator, world.site, { until: () => ledger(/k3s\.start/).length >= 2 })
    expect(ledger(/firewall/)).toEqual([])
  })
})
