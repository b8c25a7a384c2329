import { type Action, type HostFacts, type HostId, NameSchema, type PlanInput, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { makeAction } from '../action.ts'
import { checkPlan } from '../invariants.ts'

const NAMES = ['one', 'two', 'three']
const [ONE, TWO, THREE] = [hostIdOf('one'), hostIdOf('two'), hostIdOf('three')]
const input = settledInput(buildInput({ hosts: NAMES.map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` })), spec: buildSpec({ servers: { names: NAMES } }) }).input)
const why = { code: 'wait.node.ends', args: {} } as const
const { cluster } = input.spec
const found = (of: PlanInput, ...actions: readonly Action[]): readonly string[] => checkPlan(of, actions).map(({ level, said }) => `${level} ${render(said)}`)
const start = (host: HostId): Action => makeAction(['k3s.start', host], { role: 'server', cluster, incarnation: 1, initialises: host === ONE, datastore: 'etcd' }, why)
const uninstall = (host: HostId): Action => makeAction(['k3s.uninstall', host], { role: 'server', cluster, request: `req-${'a'.repeat(16)}` as never }, why)
const promote = (from: HostId): Action => ({ ...makeAction(['etcd.promote', from], { cluster, incarnation: 1, member: THREE, node: NameSchema.parse('three'), ip: '10.0.0.13' }, why), change: THREE })
const fresh: Partial<HostFacts> = { k3s: null, etcd: 'none' }
const joining = withFacts(input, { [THREE]: fresh })

describe('the second reader of changes of members', () => {
  it('has nothing against a join while all others vote', () => expect(found(joining, start(THREE), promote(ONE))).toEqual([]))

  it.each<[string, Partial<HostFacts>]>([
    ['learns', { etcd: 'learner' }],
    ['is not healthy', { etcd: 'unhealthy' }],
    ['does not answer', { etcd: 'none' }],
  ])('finds a join while another member %s', (_what, facts) => {
    const two = ['fatal three would join etcd while two does not vote']
    expect(found(withFacts(joining, { [TWO]: facts }), start(THREE))).toEqual(two)
    expect(found(withFacts(joining, { [TWO]: facts }), promote(ONE))).toEqual(two)
  })

  it('takes no old word for a vote, and none of a host that is away', () => {
    const host = joining.view.hosts[TWO]
    const away = host === undefined ? {} : { [TWO]: { ...host, online: { value: false, seenAt: 0 } } }
    expect(found({ ...joining, view: { ...joining.view, hosts: { ...joining.view.hosts, ...away } } }, start(THREE))).toEqual(['fatal three would join etcd while two does not vote'])
  })

  it('finds a join while the API is down, and a vote from who has none', () => {
    expect(found(withFacts(joining, {}, 'down'), start(THREE))).toEqual(['fatal three would join etcd while the API does not answer'])
    expect(found(withFacts(joining, { [TWO]: { ...fresh } }), promote(TWO))).toEqual(['fatal two would give a vote to three without voting itself'])
  })

  it('has nothing against a member that stopped and goes on', () => {
    const down = withFacts(input, { [TWO]: { etcd: 'none' }, [THREE]: { etcd: 'none' } }, 'down')
    expect(found(down, start(TWO))).toEqual([])
  })

  it('finds a restart or an uninstall that leaves too few votes, with the arithmetic', () => {
    expect(found(input, start(ONE))).toEqual([])
    const one = withFacts(input, { [TWO]: { etcd: 'none' } })
    expect(found(one, start(ONE))).toEqual(['fatal one would be stopped: 1 of 3 etcd members would go on voting, 2 are needed'])
    expect(found({ ...one, settled: { ...one.settled, leaving: [ONE] } }, uninstall(ONE))).toEqual(['fatal one would be stopped: 1 of 3 etcd members would go on voting, 2 are needed'])
    expect(found(one, start(TWO))).toEqual([])
  })

  it('lets a deletion take all of them', () => {
    const deletion = { id: 'req-x', kind: 'delete-cluster', params: {}, askedBy: 'x', askedAt: 0, state: 'open' } as const
    expect(found({ ...input, requests: [deletion] }, uninstall(ONE), uninstall(TWO), uninstall(THREE))).toEqual([])
  })

  it('lets the only member be restarted, and one of two while the other votes', () => {
    const alone = withFacts(input, { [TWO]: fresh, [THREE]: fresh })
    expect(found(alone, start(ONE))).toEqual([])
    expect(found(joining, start(ONE))).toEqual([])
    expect(found(withFacts(joining, { [TWO]: { etcd: 'unhealthy' } }), start(ONE))).toEqual(['fatal one would be stopped: 0 of 2 etcd members would go on voting, 2 are needed'])
  })

  it('counts a join as over once its member votes, although its orders are open', () => {
    const open = [{ key: start(TWO).key, host: TWO, class: 'membership', change: TWO, endedAt: null }] as const
    expect(found({ ...joining, open }, start(THREE))).toEqual([])
    expect(found({ ...withFacts(joining, { [TWO]: { etcd: 'learner' } }), open }, start(THREE))).toContain('fatal two changes on the servers at once: two and three')
  })
})
