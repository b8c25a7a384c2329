import { type Action, type HostId, NO_FIREWALL, type PlanInput, render, STEPS } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { makeAction } from './action.ts'
import { checkPlan } from './invariants.ts'

const [ONE, TWO, SIX] = [hostIdOf('one'), hostIdOf('two'), hostIdOf('six')]
const hosts = [buildHost({ name: 'one' }), buildHost({ name: 'six', ip: '10.0.0.16' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]
const input = settledInput(buildInput({ hosts, spec: buildSpec({ servers: { names: ['one', 'six'] } }) }).input)
const why = { code: 'wait.node.ends', args: {} } as const
const start = (host: HostId, role: 'server' | 'agent'): Action => makeAction(['k3s.start', host], { role, cluster: input.spec.cluster, incarnation: 1, initialises: host === ONE, datastore: 'sqlite' }, why)
const uninstall = (host: HostId): Action => makeAction(['k3s.uninstall', host], { role: 'server', cluster: input.spec.cluster, request: `req-${'a'.repeat(16)}` as never }, why)
const found = (of: PlanInput, actions: readonly Action[]): readonly string[] => checkPlan(of, actions).map(({ level, said }) => `${level} ${render(said)}`)
const deletion = { id: 'req-x', kind: 'delete-cluster', params: {}, askedBy: 'x', askedAt: 0, state: 'open' } as const

describe('the second reader', () => {
  it('has nothing against one change at a time', () => expect(found(input, [start(ONE, 'server'), start(TWO, 'agent')])).toEqual([]))

  it('finds two changes on the servers, also where one is in flight', () => {
    expect(found(input, [start(ONE, 'server'), start(SIX, 'server')])).toEqual(['fatal two changes on the servers at once: one and six'])
    const open = [{ key: 'k3s.start@x#{}', host: SIX, class: 'disrupt', change: SIX, endedAt: null }] as const
    expect(found({ ...input, open }, [start(ONE, 'server')])).toEqual(['fatal two changes on the servers at once: six and one'])
    expect(found({ ...input, open }, [start(SIX, 'server')])).toEqual([])
    const both = [...open, { key: 'k3s.start@y#{}', host: ONE, class: 'membership', change: ONE, endedAt: null }] as const
    expect(found({ ...input, open: both }, [])).toEqual([])
    expect(found({ ...input, open: both }, [start(ONE, 'server')])).toHaveLength(1)
  })

  it('lets a deletion take all servers, but not before the agents', () => {
    const deleting = { ...input, requests: [deletion] }
    const bare = withFacts(deleting, { [TWO]: { claim: null } })
    expect(found(bare, [uninstall(ONE), uninstall(SIX)])).toEqual([])
    expect(found(deleting, [uninstall(ONE)])).toEqual(['fatal one would lose the server of cluster home while two is still a member'])
  })

  it('finds an action on a host that is away, unknown or of old facts', () => {
    const away = { ...input, now: 45_001 }
    expect(found(away, [start(TWO, 'agent')])).toEqual(['fatal two gets k3s.start although it is not connected, what is known of it is old, or another machine holds its key'])
    expect(found(input, [start(hostIdOf('nobody'), 'agent')])).toEqual([expect.stringMatching(/^fatal h-.* gets k3s\.start although/)])
    const host = input.view.hosts[TWO]
    const offline = host === undefined ? {} : { [TWO]: { ...host, online: { value: false, seenAt: 0 } } }
    expect(found({ ...input, view: { ...input.view, hosts: { ...input.view.hosts, ...offline } } }, [start(TWO, 'agent')])).toHaveLength(1)
    const cloned = host === undefined ? {} : { [TWO]: { ...host, clone: true as const } }
    expect(found({ ...input, view: { ...input.view, hosts: { ...input.view.hosts, ...cloned } } }, [start(TWO, 'agent')])).toHaveLength(1)
  })

  it('finds a default route that would be made beside another', () => {
    const keep = makeAction(['route.keep', TWO], { services: '10.43.0.0/16', iface: 'eth0' }, why)
    expect(found(input, [keep])).toEqual(['fatal two would be given a default route although it is not known to lack one'])
    expect(found(withFacts(input, { [TWO]: { route: 'none' } }), [keep])).toEqual([])
  })

  it('finds a second initialisation', () => {
    const reinstalled = withFacts(input, { [ONE]: { k3s: null } })
    expect(found(reinstalled, [start(ONE, 'server')])).toEqual(['fatal one would initialise cluster home again: six has already run in incarnation 1'])
    const older = { ...reinstalled, settled: { ...reinstalled.settled, incarnation: 2 } }
    expect(found(older, [start(ONE, 'server')])).toEqual(['fatal one would be started in incarnation 2 while six still runs in the one before'])
  })

  it('finds a restore that nobody asked for, and one on another host than the seed', () => {
    const params = { cluster: input.spec.cluster, incarnation: 2, seed: ONE, datastore: 'sqlite' as const, snapshot: 'first', sha256: 'c'.repeat(64), request: `req-${'a'.repeat(16)}` as never }
    const asked = { ...input, requests: [{ ...deletion, kind: 'restore' as const }] }
    const [one, six] = [ONE, SIX].map((host) => makeAction(['k3s.restore', host], params, why))
    expect(found(asked, one === undefined ? [] : [one])).toEqual([])
    expect(found(input, one === undefined ? [] : [one])).toEqual(['fatal one would put a snapshot in the place of its data, and nobody asked for that'])
    expect(found(asked, six === undefined ? [] : [six])).toEqual(['fatal six would put a snapshot in the place of its data, and nobody asked for that'])
  })

  it('finds firewall rules that would stay untried, and trials on two servers', () => {
    const rules = 'a'.repeat(64)
    const staged = { ...NO_FIREWALL, staged: { rules, members: rules } }
    const commit = makeAction(['firewall.commit', ONE], { rules }, why)
    const untried = ['fatal one would keep firewall rules that nobody has tried from outside']
    expect(found(withFacts(input, { [ONE]: { firewall: staged } }), [commit])).toEqual(untried)
    expect(found(withFacts(input, { [ONE]: { firewall: staged, witnessed: 'b'.repeat(64) } }), [commit])).toEqual(untried)
    expect(found(withFacts(input, { [ONE]: { witnessed: rules } }), [commit])).toEqual(untried)
    expect(found(withFacts(input, { [ONE]: { firewall: staged, witnessed: rules } }), [commit])).toEqual([])
    const stage = (host: HostId): Action => makeAction(['firewall.stage', host], STEPS['firewall.stage'].example, why)
    const two = ['fatal firewall rules would be on trial on two servers at once: one and six']
    expect(found(input, [stage(ONE), stage(SIX)])).toEqual(two)
    expect(found(withFacts(input, { [ONE]: { firewall: staged } }), [stage(SIX)])).toEqual(two)
    const open = [{ key: stage(ONE).key, host: ONE, class: 'prepare', change: null, endedAt: null }] as const
    expect(found({ ...input, open }, [stage(SIX)])).toEqual(two)
    expect(found(input, [stage(ONE), stage(TWO)])).toEqual([])
  })

  it('finds an agent that would join before the API is up', () => {
    expect(found(withFacts(input, {}, 'down'), [start(TWO, 'agent')])).toEqual(['fatal two would join before one is up'])
  })
})
