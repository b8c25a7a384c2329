import { type Action, type HostFacts, type HostId, type PlanInput, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { makeAction } from '../action.ts'
import { movedConfig } from '../host-config.ts'
import { checkPlan } from '../invariants.ts'

const [ONE, TWO] = [hostIdOf('one'), hostIdOf('two')]
const hosts = ['one', 'two', 'three'].map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
const settled = settledInput(buildInput({ hosts, spec: buildSpec({ servers: { names: ['one', 'two', 'three'] } }) }).input)
const k3s = { role: 'server', state: 'active', wasActive: true, current: true, incarnation: 1, datastore: 'sqlite' } as const
const fresh: Partial<HostFacts> = { k3s: null, etcd: 'none' }
const snapshots = { 'before-etcd-1': { cluster: 'home', incarnation: 1 } } as const
const asked = withFacts(settled, { [ONE]: { ...settledFacts(settled, ONE), k3s, etcd: 'none', snapshots }, [TWO]: fresh, [hostIdOf('three')]: fresh }, 'up')

const why = { code: 'wait.node.ends', args: {} } as const
const { cluster } = asked.spec
const found = (of: PlanInput, ...actions: readonly Action[]): readonly string[] => checkPlan(of, actions).map(({ level, said }) => `${level} ${render(said)}`)
const move = (host: HostId): Action => makeAction(['k3s.to-etcd', host], { cluster, incarnation: 1, config: movedConfig(asked) }, why)
const WRONG = (host: string): string => `fatal k3s.to-etcd on ${host} would move data to etcd that are not those of the seed on SQLite, or are in etcd already`

describe('the second reader of a move to etcd', () => {
  it('has nothing against that of the seed, with a snapshot from before', () => expect(found(asked, move(ONE))).toEqual([]))

  it.each<[string, PlanInput, HostId, readonly string[]]>([
    ['of another host', withFacts(asked, { [TWO]: { k3s, snapshots } }), TWO, [WRONG('two')]],
    ['a second time', withFacts(asked, { [ONE]: { k3s: { ...k3s, datastore: 'etcd' } } }), ONE, [WRONG('one')]],
    ['while somebody has an etcd', withFacts(asked, { [TWO]: { etcd: 'voter' } }), ONE, [WRONG('one')]],
    ['of an earlier life', withFacts(asked, { [ONE]: { claim: { ...settledFacts(asked, ONE).claim, incarnation: 2 } as never } }), ONE, [WRONG('one')]],
    ['without a snapshot', withFacts(asked, { [ONE]: { snapshots: {} } }), ONE, ['fatal there is no snapshot of one from before it goes to etcd']],
  ])('finds one %s', (...[, input, host, expected]) => expect(found(input, move(host))).toEqual(expected))

  it('finds another change beside it', () => {
    const start = makeAction(['k3s.start', TWO], { role: 'server', cluster, incarnation: 1, initialises: false, datastore: 'etcd' }, why)
    expect(found(asked, move(ONE), start)).toContain('fatal two changes on the servers at once: one and two')
  })

  it('finds settings and a start by which k3s would move without a copy', () => {
    const config = makeAction(['k3s.config', ONE], { role: 'server', claim: { cluster, incarnation: 1, seed: ONE }, config: movedConfig(asked) }, why)
    const start = makeAction(['k3s.start', ONE], { role: 'server', cluster, incarnation: 1, initialises: true, datastore: 'etcd' }, why)
    expect(found(asked, config)).toEqual(['fatal k3s.config on one would have k3s move its SQLite data to etcd without a copy'])
    expect(found(asked, start)).toEqual(['fatal k3s.start on one would have k3s move its SQLite data to etcd without a copy'])
  })
})
