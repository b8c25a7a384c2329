import { type HostFacts, type HostId, type PlanInput, render, type Request } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { makeAction } from '../action.ts'
import { checkPlan } from '../invariants.ts'
import { planCluster } from '../plan-cluster.ts'

const NAMES = ['one', 'two', 'three']
const [ONE, TWO, THREE] = [hostIdOf('one'), hostIdOf('two'), hostIdOf('three')]
const hosts = NAMES.map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
const before = settledInput(buildInput({ hosts, spec: buildSpec({ servers: { names: NAMES } }) }).input)
const request = (without: readonly HostId[] = []): Request => ({
  id: `req-${'a'.repeat(16)}`, kind: 'restore', params: { snapshot: 'first', sha256: 'c'.repeat(64), ...(without.length === 0 ? {} : { without: [...without] }) }, askedBy: 'anna', askedAt: 0, state: 'open',
})
const asked: PlanInput = { ...before, settled: { ...before.settled, incarnation: 2 }, requests: [request()] }
const { cluster } = before.spec
const claim = { cluster, incarnation: 2, seed: ONE } as HostFacts['claim'] & object
const restored: Partial<HostFacts> = { claim, k3s: { role: 'server', state: 'stopped', wasActive: true, current: true, incarnation: 2 }, etcd: 'none' }
const aside: Partial<HostFacts> = { claim, k3s: { role: 'server', state: 'stopped', wasActive: false, current: true, incarnation: 2 }, etcd: 'none' }
const goingOn: Partial<HostFacts> = { ...restored, k3s: { role: 'server', state: 'active', wasActive: true, current: true, incarnation: 2 }, etcd: 'voter' }

const away = (input: PlanInput, ...ids: readonly HostId[]): PlanInput => {
  const gone = Object.fromEntries(ids.map((id) => [id, { ...input.view.hosts[id], online: { value: false, seenAt: 0 } }]))
  return { ...input, view: { ...input.view, hosts: { ...input.view.hosts, ...gone } as PlanInput['view']['hosts'] } }
}
const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id
const does = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, host }) => `${kind} ${nameOf(input, host)}`)
const waits = (input: PlanInput): readonly string[] => planCluster(input).waits.map(({ key, on }) => `${key.split('@')[0] ?? ''} ${on.map((id) => nameOf(input, id)).join()}`)
const findings = (input: PlanInput): readonly string[] => planCluster(input).findings.filter(({ level }) => level !== 'note').map(({ level, said }) => `${level} ${said.code}`)

describe('a restore on etcd', () => {
  it('puts the snapshot on the seed while the others go on', () => expect([does(asked), findings(asked)]).toEqual([['k3s.restore one'], []]))

  it('then ends the incarnation before on all others, as one change, and starts nothing yet', () => {
    const input = withFacts(asked, { [ONE]: restored })
    expect([does(input), findings(input)]).toEqual([['k3s.set-aside two', 'k3s.set-aside three'], []])
    expect(planCluster(input).actions.map(({ change }) => change)).toEqual([ONE, ONE])
  })

  it('starts the seed once no other server is left in the one before, and lets them join anew', () => {
    expect(does(withFacts(asked, { [ONE]: restored, [TWO]: aside }))).toEqual(['k3s.set-aside three'])
    expect(does(withFacts(asked, { [ONE]: restored, [TWO]: aside, [THREE]: aside }, 'down'))).toEqual(['k3s.start one'])
    const up = withFacts(asked, { [ONE]: goingOn, [TWO]: aside, [THREE]: aside }, 'up')
    expect(does(up).slice(0, 2)).toEqual(['k3s.start two', 'etcd.promote one'])
  })

  it('does not wait for one that is away: it cannot go on by itself', () => {
    const gone = away(asked, TWO)
    expect([does(gone), planCluster(gone).findings.map(({ said }) => said.code)]).toEqual([['k3s.restore one'], ['finding.restore-late']])
    expect(does(away(withFacts(asked, { [ONE]: restored, [THREE]: aside }, 'down'), TWO))).toEqual(['k3s.start one'])
    expect(does(away(withFacts(asked, { [ONE]: goingOn, [THREE]: aside }, 'up'), TWO)).slice(0, 2)).toEqual(['k3s.start three', 'etcd.promote one'])
  })

  it('takes one that comes back late out of the incarnation before, and does not write its settings until then', () => {
    const input = withFacts(asked, { [ONE]: goingOn, [THREE]: { ...goingOn, claim } })
    expect(does(input).filter((line) => line.endsWith('two'))).toEqual(['k3s.set-aside two'])
    expect(planCluster(input).actions.find(({ kind }) => kind === 'k3s.set-aside')?.change).toBe(TWO)
    expect(does({ ...input, requests: [] }).filter((line) => line.endsWith('two'))).toEqual(['k3s.set-aside two'])
  })

  it('waits for as many as could go on by themselves, with the arithmetic, before anything is touched and before the seed is started', () => {
    const gone = away(asked, TWO, THREE)
    expect([does(gone), waits(gone), findings(gone)]).toEqual([[], ['absent two', 'absent three'], ['asks finding.restore-absent']])
    expect(planCluster(gone).waits.map(({ reason }) => render(reason))[0]).toBe('2 of the 3 etcd members of the incarnation before are away, and 2 of them go on without the others: two has to be stopped first')
    const half = away(withFacts(asked, { [ONE]: restored }, 'down'), TWO, THREE)
    expect([does(half).filter((line) => line.startsWith('k3s')), waits(half).slice(0, 2)]).toEqual([[], ['absent two', 'absent three']])
  })

  it('goes on without those that a person has said to be off for good, and does not wait for them to join', () => {
    const lost = (input: PlanInput): PlanInput => away({ ...input, requests: [request([TWO, THREE])] }, TWO, THREE)
    expect([does(lost(asked)), findings(lost(asked))]).toEqual([['k3s.restore one'], ['asks finding.restore-without']])
    expect(does(lost(withFacts(asked, { [ONE]: restored }, 'down')))).toEqual(['k3s.start one'])
    expect(waits(lost(withFacts(asked, { [ONE]: goingOn }, 'up'))).filter((wait) => wait.startsWith('offline'))).toEqual([])
  })

  it('that is given up before anything was put back leaves everything as it is: the new promise is made by the seed last', () => {
    const given = { ...asked, requests: [] }
    expect(does(given).filter((line) => !line.startsWith('schedule'))).toEqual(['k3s.config two', 'k3s.config three'])
    const next = withFacts(given, { [TWO]: { ...goingOn, claim }, [THREE]: { ...goingOn, claim } })
    expect(does(next).filter((line) => !line.startsWith('schedule'))).toEqual(['k3s.config one'])
  })
})

describe('the second reader', () => {
  const why = { code: 'wait.node.ends', args: {} } as const
  const setAside = (host: HostId) => makeAction(['k3s.set-aside', host], { cluster, incarnation: 2, seed: ONE }, why)
  const start = makeAction(['k3s.start', ONE], { role: 'server', cluster, incarnation: 2, initialises: true, datastore: 'etcd' }, why)
  const found = (input: PlanInput, action: ReturnType<typeof makeAction>): readonly string[] => checkPlan(input, [action]).map(({ said }) => said.code)
  const input = withFacts(asked, { [ONE]: restored })

  it('has nothing against setting older data aside', () => expect(found(input, setAside(TWO))).toEqual([]))

  it.each<[string, PlanInput, HostId]>([
    ['the data of the seed', input, ONE],
    ['data of this incarnation', withFacts(input, { [TWO]: aside }), TWO],
    ['anything before the seed has a snapshot in its place', asked, TWO],
  ])('finds that %s would be set aside', (_what, of, host) => expect(found(of, setAside(host))).toEqual(['finding.wrong-aside']))

  it('finds a start beside a member of the incarnation before that still runs', () => {
    expect(found(input, start)).toEqual(['finding.two-clusters'])
    expect(found(withFacts(input, { [TWO]: aside, [THREE]: aside }), start)).toEqual([])
  })

  it('finds a promise of the new incarnation with data of the one before', () => {
    const write = makeAction(['k3s.config', TWO], { role: 'server', claim, config: { 'node-name': 'two' } }, why)
    expect(found(input, write)).toEqual(['finding.wrong-claim'])
    expect(found(asked, write)).toEqual([])
  })
})
