import { type HostFacts, type HostId, type PlanInput, schedulesText } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { planCluster } from '../plan-cluster.ts'
import { wantedSchedules } from '../wanted-schedules.ts'
import { takeSnapshots } from './take-snapshots.ts'

const IDS = { one: hostIdOf('one'), two: hostIdOf('two'), three: hostIdOf('three') } as const
type Name = keyof typeof IDS
const names = Object.keys(IDS) as Name[]
const hosts = names.map((name, at) => buildHost({ name, ip: `10.0.0.1${String(at + 1)}` }))
const spec = buildSpec({ servers: { names }, snapshots: { schedule: '0 2 * * *', timeZone: 'UTC', keep: 3 } })
const settled = settledInput(buildInput({ hosts, spec }).input)

/** The cluster as it should be, led by one of its servers, but for what differs. */
const inputOf = (about: { leader?: Name | null; facts?: Partial<Record<Name, Partial<HostFacts>>>; requests?: PlanInput['requests'] } = {}): PlanInput => {
  const { leader = 'one', facts = {}, requests = [] } = about
  const changed = withFacts(settled, Object.fromEntries(Object.entries(facts).map(([name, fact]) => [IDS[name as Name], fact])) as Record<HostId, Partial<HostFacts>>)
  const view = { ...changed.view, facts: { ...changed.view.facts, leader: { value: leader === null ? null : IDS[leader], seenAt: changed.now } } }
  return { ...changed, view, requests }
}
const asking = (failed: readonly HostId[] = []): PlanInput['requests'] => [{ id: 'req-aaaaaaaaaaaaaaaa', kind: 'snapshot', params: failed.length === 0 ? {} : { failed }, askedBy: 'ada', askedAt: 0, state: 'open' }]
const told = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, host }) => `${kind} ${input.view.hosts[host]?.name ?? ''}`)
const taken = (name: string): HostFacts['snapshots'] => ({ [name]: { cluster: spec.cluster, incarnation: 1 } })

describe('a snapshot of etcd that somebody asked for', () => {
  it('is taken of a server that votes, of the leader last', () => {
    expect(told(inputOf())).toEqual([])
    expect(told(inputOf({ requests: asking() }))).toEqual(['snapshot.take two'])
    expect(told(inputOf({ requests: asking(), leader: 'two' }))).toEqual(['snapshot.take one'])
    expect(told(inputOf({ requests: asking(), leader: null }))).toEqual(['snapshot.take one'])
    expect(told(inputOf({ requests: asking(), facts: { two: { etcd: 'unhealthy' }, three: { etcd: 'none' } } }))).toEqual(['snapshot.take one'])
    expect(planCluster(inputOf({ requests: asking() })).actions[0]?.params).toMatchObject({ name: 'manual-aaaaaaaaaaaaaaaa', datastore: 'etcd', request: 'req-aaaaaaaaaaaaaaaa' })
  })

  it('is taken of another where one has failed at it, and of no third once one has it', () => {
    expect(told(inputOf({ requests: asking([IDS.two]) }))).toEqual(['snapshot.take three'])
    expect(told(inputOf({ requests: asking([IDS.two, IDS.three]) }))).toEqual(['snapshot.take one'])
    expect(told(inputOf({ requests: asking(), facts: { three: { snapshots: taken('manual-aaaaaaaaaaaaaaaa') } } }))).toEqual([])
  })

  it('waits where no member votes, which it says', () => {
    const silent = { etcd: 'unhealthy' } as const
    const input = inputOf({ requests: asking(), facts: { one: silent, two: silent, three: silent } })
    expect(takeSnapshots.decide(input)).toMatchObject({ kind: 'wait', waits: [{ key: `member@${IDS.one}` }] })
  })
})

describe('another version of k3s on etcd', () => {
  const old = settled.view.hosts[IDS.one]?.facts.k3s?.value
  const k3s = old === undefined || old === null ? null : { ...old, current: false, runs: 'v1.35.1+k3s1' }
  const due = { k3s }
  const name = `before-${spec.k3s.version.replaceAll('+', '-')}-1`

  it('takes one snapshot before the first server goes on, of that server', () => {
    expect(told(inputOf({ facts: { one: due, two: due, three: due } }))).toEqual(['snapshot.take one'])
    expect(told(inputOf({ facts: { one: due, two: due, three: due }, requests: [] })).filter((line) => line.startsWith('k3s.start'))).toEqual([])
    expect(told(inputOf({ facts: { one: { ...due, snapshots: taken(name) }, two: due, three: due } }))).toEqual(['k3s.start one'])
    expect(told(inputOf({ facts: { two: due, one: { snapshots: taken(name) }, three: due } }))).toEqual(['k3s.start two'])
  })

  it('takes it of another where that one does not vote, and goes on without where none does', () => {
    expect(told(inputOf({ facts: { one: { ...due, etcd: 'unhealthy' } } }))).toEqual(['snapshot.take two'])
    const down = { ...due, etcd: 'unhealthy' } as const
    expect(told(inputOf({ facts: { one: down, two: down, three: down } }))).toEqual(['k3s.start one'])
  })
})

describe('the schedule of servers on etcd', () => {
  it('is that of the spec, later by ten minutes for each place, and by twenty seconds where it comes often', () => {
    const offsets = (schedule: string): unknown[] => [0, 1, 2, 5, 6].map((place) => wantedSchedules({ ...spec, snapshots: { schedule, timeZone: 'UTC', keep: 3 } }, place)[0]?.offsetS)
    expect(offsets('0 2 * * *')).toEqual([undefined, 600, 1200, 3000, undefined])
    expect(offsets('*/5 * * * *')).toEqual([undefined, 20, 40, 40, undefined])
    expect(wantedSchedules(spec, 1)).toMatchObject([{ params: { datastore: 'etcd' }, jitterS: 300 }])
  })

  it('is set where a server keeps that of another place', () => {
    expect(told(inputOf({ facts: { three: { schedule: schedulesText(wantedSchedules(spec, 1)) } } }))).toEqual(['schedule.set three'])
    expect(told(inputOf({ facts: { three: { schedule: schedulesText(wantedSchedules(spec, 2)) } } }))).toEqual([])
  })
})

describe('a snapshot that is deleted', () => {
  const wish = (host?: HostId): PlanInput['requests'] => [
    { id: 'req-aaaaaaaaaaaaaaaa', kind: 'delete-snapshot', params: { snapshot: 'snapshot-1', ...(host === undefined ? {} : { host }) }, askedBy: 'ada', askedAt: 0, state: 'open' },
  ]
  const facts = { one: { snapshots: taken('snapshot-1') }, three: { snapshots: taken('snapshot-1') } }

  it('goes from every server that has it, or from the one that is named', () => {
    expect(told(inputOf({ facts, requests: wish() }))).toEqual(['snapshot.delete one', 'snapshot.delete three'])
    expect(told(inputOf({ facts, requests: wish(IDS.three) }))).toEqual(['snapshot.delete three'])
    expect(told(inputOf({ requests: wish() }))).toEqual([])
  })
})
