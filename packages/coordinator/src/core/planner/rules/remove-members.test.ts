import { BARE_FACTS, type HostFacts, type HostId, type PlanInput, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { desiredFirewall } from '../firewall/ruleset.ts'
import { planCluster } from '../plan-cluster.ts'
import { settledWithoutLeft } from '../without-left.ts'

const SERVERS = ['one', 'two', 'three', 'four']
const AGENTS = ['w1', 'w2']
const [ONE, TWO, THREE, FOUR, W1, W2] = [...SERVERS, ...AGENTS].map(hostIdOf) as [HostId, HostId, HostId, HostId, HostId, HostId]
const hosts = [...SERVERS, ...AGENTS].map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
const whole = settledInput(buildInput({ hosts, spec: buildSpec({ servers: { names: SERVERS }, agents: { names: AGENTS } }) }).input)
const leaving = (...ids: readonly HostId[]): PlanInput => ({ ...whole, settled: { ...whole.settled, leaving: ids } })

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id
/** What is done, but for settings that name another server, and schedules that are spread over those that stay. */
const does = (input: PlanInput): readonly string[] => planCluster(input).actions.filter(({ kind }) => kind !== 'k3s.config' && kind !== 'schedule.set').map(({ kind, host, change }) => `${kind} ${nameOf(input, host)}${change === null || change === host ? '' : ` for ${nameOf(input, change)}`}`)
const waits = (input: PlanInput): readonly string[] => planCluster(input).waits.map(({ reason, on }) => `${on.map((id) => nameOf(input, id)).join()}: ${render(reason)}`)
const fatal = (input: PlanInput): readonly string[] => planCluster(input).findings.filter(({ level }) => level === 'fatal').map(({ said }) => render(said))
const bare: Partial<HostFacts> = { ...BARE_FACTS, node: 'notReady' }
const away = (input: PlanInput, id: HostId): PlanInput => {
  const host = input.view.hosts[id]
  return host === undefined ? input : { ...input, view: { ...input.view, hosts: { ...input.view.hosts, [id]: { ...host, online: { value: false, seenAt: 0 } } } } }
}

describe('a server that leaves', () => {
  const steps: readonly (readonly [what: string, facts: Partial<HostFacts>, does: readonly string[]])[] = [
    ['is drained', {}, ['node.drain one for three']],
    ['loses its k3s', { node: 'cordoned' }, ['k3s.uninstall three']],
    ['is not drained where its kubelet is down', { node: 'notReady' }, ['k3s.uninstall three']],
    ['loses its Node', { ...bare, listed: 'voter' }, ['node.delete one for three']],
    ['loses its member where that stays', { ...bare, node: 'absent', listed: 'voter' }, ['etcd.remove one for three']],
    ['has left', { ...bare, node: 'absent', listed: 'none' }, []],
  ]
  it.each(steps)('%s', (_what, facts, wanted) => {
    const input = withFacts(leaving(THREE), { [THREE]: facts })
    expect([does(input), fatal(input)]).toEqual([wanted, []])
  })

  it('keeps its k3s until the drain has ended, although its Node is cordoned from the first moment on', () => {
    for (const id of [THREE, W1]) {
      const [drain] = planCluster(leaving(id)).actions.filter(({ kind }) => kind === 'node.drain')
      const cordoned = withFacts(leaving(id), { [id]: { node: 'cordoned' } })
      const open = drain === undefined ? [] : [{ key: drain.key, host: drain.host, class: drain.class, change: drain.change, endedAt: null }]
      expect([does({ ...cordoned, open }), does(cordoned)]).toEqual([[], [`k3s.uninstall ${nameOf(whole, id)}`]])
    }
  })

  it('is the only one: the next goes when it is out', () => {
    const both = withFacts(leaving(THREE, FOUR), { [FOUR]: { ...bare, listed: 'voter' } })
    expect(does(both)).toEqual(['node.delete one for four'])
    expect(does(withFacts(both, { [FOUR]: { node: 'absent', listed: 'none' } }))).toEqual(['node.drain one for three'])
  })

  it('waits while another does not vote, with the arithmetic', () => {
    const input = withFacts(leaving(THREE), { [TWO]: { etcd: 'unhealthy' } })
    expect(does(input)).toEqual([])
    expect(waits(input)).toContain('three: it would take its vote with it while two does not vote: 2 of 4 would be left, 3 are needed')
  })

  it('is waited for while it is away, and a person is told what to do', () => {
    const input = away(leaving(THREE), THREE)
    expect([does(input), waits(input)]).toEqual([[], ['three: not connected, and only its own agent takes k3s off it: bring it back, or name it in the spec again and apply']])
  })

  it('is taken out first where there are two', () => {
    const out = { ...bare, node: 'absent', listed: 'none' } as const
    const two = withFacts(leaving(TWO, THREE, FOUR), { [THREE]: out, [FOUR]: out, [TWO]: { node: 'cordoned' } })
    expect(does(two)).toEqual(['etcd.remove one for two'])
    expect([does(withFacts(two, { [TWO]: { listed: 'none' } })), fatal(withFacts(two, { [TWO]: { listed: 'none' } }))]).toEqual([['k3s.uninstall two'], []])
  })

  it('is never started, nor given settings, nor counted as late', () => {
    const input = withFacts(leaving(THREE), { [THREE]: { k3s: { role: 'server', state: 'stopped', wasActive: true, current: false, incarnation: 1 }, etcd: 'none', node: 'notReady', config: null } })
    expect(does(input)).toEqual(['k3s.uninstall three'])
  })
})

describe('agents that leave', () => {
  it('go one after the other where there are few, beside a server', () => {
    expect(does(leaving(W1, W2, THREE))).toEqual(['node.drain one for w1', 'node.drain one for three'])
    expect(does(withFacts(leaving(W1, W2), { [W2]: bare }))).toEqual(['node.delete one for w2'])
  })

  it('do not wait for one that is away', () => expect(does(away(leaving(W1, W2), W1))).toEqual(['node.drain one for w2']))
})

describe('a host that has left', () => {
  const out = { ...bare, node: 'absent', listed: 'none' } as const
  const input = withFacts(leaving(THREE), { [THREE]: out })

  it('is no member any more', () => {
    const settled = settledWithoutLeft(input)
    expect([settled.roles[THREE], settled.node[THREE], settled.leaving]).toEqual([undefined, undefined, undefined])
    expect(settledWithoutLeft({ ...input })).toBe(settled)
  })

  it.each<[string, Partial<HostFacts>]>([['its Node is there', { node: 'notReady' }], ['its member is listed', { listed: 'learner' }], ['a binary is left', { binary: { version: 'v1', sha256: '' } }]])('is one while %s', (_what, facts) => {
    const still = withFacts(input, { [THREE]: facts })
    expect(settledWithoutLeft(still)).toBe(still.settled)
  })

  it('is let in by no firewall', () => {
    const spec = { ...whole.spec, firewall: { admins: ['10.9.0.0/24'], ssh: [22], window: 60, nodePorts: 'none', expose: [] } } as unknown as PlanInput['spec']
    const guarded = { hosts: { [ONE]: { guarded: ['eth0'], coordinator: null } }, witnesses: [] } as unknown as NonNullable<PlanInput['settled']['firewall']>
    const with4 = desiredFirewall({ spec, settled: { ...input.settled, firewall: guarded } }, ONE)
    const with3 = desiredFirewall({ spec, settled: { ...settledWithoutLeft(input), firewall: guarded } }, ONE)
    expect([with4?.ruleset.servers.includes('10.0.0.13'), with3?.ruleset.servers.includes('10.0.0.13')]).toEqual([true, false])
  })
})
