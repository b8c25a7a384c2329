import type { ForAgent } from '@drover/protocol'
import { answerProbes } from '@drover/test/kit/coordinator/answer-probes.ts'
import { call } from '@drover/test/kit/coordinator/call.ts'
import { startTestCoordinator, type TestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { enrolHost, makeScriptedHost, type ScriptedHost } from '@drover/test/kit/coordinator/scripted-host.ts'
import { afterEach, beforeEach, expect, it } from 'vitest'

const spec = (datastore: 'etcd' | 'sqlite'): string => `cluster: home
k3s: { version: v1.36.2+k3s1 }
datastore: ${datastore}
servers: { names: [${datastore === 'etcd' ? 'one, two, three' : 'one'}] }
network: { node: 10.0.0.0/24 }
`

const held = {} as { coordinator: TestCoordinator; hosts: readonly ScriptedHost[]; operator: string }
beforeEach(async () => {
  held.coordinator = await startTestCoordinator()
  held.operator = await held.coordinator.token('operator')
  held.hosts = ['one', 'two', 'three'].map((name, at) => makeScriptedHost({ name, ip: `10.0.0.1${String(at + 1)}`, labels: {} }))
  for (const host of held.hosts) await enrolHost(held.coordinator, host)
})
afterEach(() => held.coordinator.remove())

const plan = (datastore: 'etcd' | 'sqlite'): ReturnType<typeof call> => call(held.coordinator, 'POST /api/v1/clusters/home/forecast', { token: held.operator, body: { spec: spec(datastore) } })
const asked = (host: ScriptedHost): readonly ForAgent<'probe'>[] =>
  (held.coordinator.hub.sent.get(host.id) ?? []).filter(({ t }) => t === 'probe').map(({ body }) => body as ForAgent<'probe'>)
const rttOf = ({ id }: ScriptedHost): Readonly<Record<string, number>> => held.coordinator.context.world.hosts.get(id)?.inventory.rttUs ?? {}
const answers = async (hosts: readonly ScriptedHost[]): Promise<void> => {
  while (hosts.some((host) => asked(host).length === 0)) await new Promise((resolve) => void setTimeout(resolve, 5))
  for (const host of hosts) await answerProbes(held.coordinator, host)
}

it('has the servers of etcd dial each other from their node addresses, and never again once that is known', async () => {
  await Promise.all([plan('etcd'), answers(held.hosts)])
  const [one, two, three] = held.hosts
  for (const host of held.hosts) {
    const others = held.hosts.filter((other) => other !== host)
    expect(asked(host)).toMatchObject([{ from: host.ip, tries: 10 }])
    expect(new Set(asked(host)[0]?.targets.map(({ ip }) => ip))).toEqual(new Set(others.map(({ ip }) => ip)))
    expect(rttOf(host)).toEqual(Object.fromEntries(others.map(({ id }) => [id, 400])))
  }
  await plan('etcd')
  expect([one, two, three].map((host) => (host === undefined ? 0 : asked(host).length))).toEqual([1, 1, 1])
  expect(held.coordinator.context.world.trips.size).toBe(0)
})

it('asks nobody on SQLite', async () => {
  await plan('sqlite')
  expect(held.hosts.flatMap(asked)).toEqual([])
})

it('drops what another host answers, and what is asked no more', async () => {
  const [one, two] = held.hosts
  if (one === undefined || two === undefined) throw new Error('no hosts')
  const planned = plan('etcd')
  while (asked(one).length === 0) await new Promise((resolve) => void setTimeout(resolve, 5))
  const session = held.coordinator.hub.session(two.id)
  const [question] = asked(one)
  if (session === undefined || question === undefined) throw new Error('not asked')
  const results = [{ host: one.id, ip: one.ip, port: 22, outcome: 'open' as const, connectUs: 1 }]
  await held.coordinator.handlers.probed(session, { id: question.id, results }, { id: 'p', waitedMs: 0 })
  expect(rttOf(two)).toEqual({})
  await Promise.all([planned, answers(held.hosts)])
  await held.coordinator.handlers.probed(session, { id: question.id, results }, { id: 'q', waitedMs: 0 })
  expect(rttOf(two)).not.toMatchObject({ [one.id]: 1 })
})
