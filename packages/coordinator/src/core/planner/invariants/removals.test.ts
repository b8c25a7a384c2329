import { type Action, type HostId, NameSchema, type PlanInput, render } from '@drover/protocol'
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
const whole = settledInput(buildInput({ hosts: NAMES.map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` })), spec: buildSpec({ servers: { names: NAMES } }) }).input)
const leaving = (input: PlanInput, ...ids: readonly HostId[]): PlanInput => ({ ...input, settled: { ...input.settled, leaving: ids } })
const why = { code: 'wait.node.ends', args: {} } as const
const about = { cluster: whole.spec.cluster, incarnation: 1, member: THREE, node: NameSchema.parse('three') }
const of = (action: Action): Action => ({ ...action, change: THREE })
const uninstall = makeAction(['k3s.uninstall', THREE], { role: 'server', cluster: whole.spec.cluster }, why)
const erase = of(makeAction(['node.delete', ONE], { ...about, role: 'server' }, why))
const remove = (only: 'learner' | 'any'): Action => of(makeAction(['etcd.remove', ONE], { ...about, ip: '10.0.0.13', only }, why))
const found = (input: PlanInput, ...actions: readonly Action[]): readonly string[] => checkPlan(input, actions).map(({ level, said }) => `${level} ${render(said)}`)
const UNASKED = ['fatal three would be taken out of the cluster, and nobody asked for that']

describe('the second reader of removals', () => {
  it.each([['uninstall', uninstall], ['node.delete', erase], ['etcd.remove', remove('any')], ['etcd.remove of a learner', remove('learner')]])('finds %s of a member that stays', (_what, action) => {
    expect(found(whole, action)).toEqual(UNASKED)
  })

  it('has nothing against them on one that leaves while the others vote', () => {
    for (const action of [uninstall, erase, remove('any')]) expect(found(leaving(whole, THREE), action)).toEqual([])
  })

  it('lets a learner go that etcd lists as one', () => expect(found(withFacts(whole, { [THREE]: { listed: 'learner', etcd: 'none' } }), remove('learner'))).toEqual([]))

  it('counts those that remain', () => {
    const lost = leaving(withFacts(whole, { [TWO]: { etcd: 'none' } }), THREE)
    const said = ['fatal the etcd member of three would be taken out: 1 of the 2 that remain vote, 2 are needed']
    expect([found(lost, erase), found(lost, remove('any'))]).toEqual([said, said])
  })

  it('finds an uninstall of one of two members that vote, and none once it is taken out', () => {
    const two = leaving(withFacts(whole, { [TWO]: { k3s: null, etcd: 'none', listed: 'none' } }), THREE)
    expect(found(two, uninstall)).toEqual(['fatal three would be stopped: 1 of 2 etcd members would go on voting, 2 are needed'])
    expect(found(withFacts(two, { [THREE]: { listed: 'none' } }), uninstall)).toEqual([])
  })
})
