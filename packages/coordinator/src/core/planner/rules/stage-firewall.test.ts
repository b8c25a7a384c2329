import { type Digests, listedMembers, type MemberParams, NO_FIREWALL, type PlanInput } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { orderParams } from '../../../loop/order-params.ts'
import { desiredFirewall } from '../firewall/ruleset.ts'
import { planCluster } from '../plan-cluster.ts'

const SERVERS = ['one', 'six', 'ten'] as const
const AGENTS = ['two', 'wok', 'zen'] as const
const hosts = [...SERVERS, ...AGENTS].map((name, at) =>
  buildHost({ name, ip: `10.0.0.${String(11 + at)}`, labels: AGENTS.some((agent) => agent === name) ? { role: 'worker' } : {} }),
)
const firewall = { admins: ['198.51.100.0/24'] }
const input = buildInput({ hosts, spec: buildSpec({ servers: { names: [...SERVERS] }, firewall }) }).input
const digests = (name: string): Digests => {
  const desired = desiredFirewall(input, hostIdOf(name))
  if (desired === null) throw new Error('no rules')
  return { rules: desired.rules, members: desired.members }
}
type Stand = 'staged' | 'active' | 'other' | 'unread'
const OTHER: Digests = { rules: 'a'.repeat(64), members: 'a'.repeat(64) }
const FACTS = {
  staged: (name: string) => ({ ...NO_FIREWALL, staged: digests(name) }),
  active: (name: string) => ({ ...NO_FIREWALL, active: digests(name) }),
  unread: () => ({ ...NO_FIREWALL, unread: { why: 'nft is busy', traces: true } }),
  other: () => ({ ...NO_FIREWALL, staged: OTHER }),
}
const standing = (of: Readonly<Record<string, Stand | undefined>>): PlanInput =>
  withFacts(input, Object.fromEntries(Object.entries(of).flatMap(([name, stand]) => (stand === undefined ? [] : [[hostIdOf(name), { firewall: FACTS[stand](name) }]]))))
const away = (of: PlanInput, ...names: readonly string[]): PlanInput => {
  const cut = Object.entries(of.view.hosts).map(([id, host]) => [id, names.includes(host.name) ? { ...host, online: { value: false, seenAt: 0 } } : host] as const)
  return { ...of, view: { ...of.view, hosts: Object.fromEntries(cut) } }
}
const staged = (of: PlanInput): readonly string[] =>
  planCluster(of).actions.filter(({ kind }) => kind === 'firewall.stage').map(({ host }) => of.view.hosts[host]?.name ?? '').toSorted()

describe('what is approved', () => {
  const stageOf = (of: PlanInput) => planCluster(of).actions.find(({ kind }) => kind === 'firewall.stage')

  it('names members by their digest, so that it is as short for a thousand', () => {
    const action = stageOf(input)
    expect(action?.params).toMatchObject({ members: { digest: digests('two').members, nodes: 6, servers: 3 } })
    expect(action?.key).not.toContain('10.0.0.16')
  })

  it('goes out with the list that the digest names, and not at all with another', () => {
    const action = stageOf(input)
    if (action === undefined) throw new Error('nothing to stage')
    const params = orderParams(action, input.settled) as MemberParams
    expect(listedMembers(params).nodes).toHaveLength(6)
    const { [hostIdOf('zen')]: _left, ...node } = input.settled.node
    expect(() => orderParams(action, { ...input.settled, node })).toThrow('other members than the cluster has')
    expect(orderParams({ kind: 'k3s.config', params: { role: 'server' } }, null)).toEqual({ role: 'server' })
  })
})

describe('new firewall rules are tried', () => {
  it('on one agent first', () => expect(staged(input)).toEqual(['two']))

  it('on no other host while that one tries them', () => {
    expect(staged(standing({ two: 'staged' }))).toEqual([])
    const open = [{ key: `firewall.stage@${hostIdOf('two')}#{}`, host: hostIdOf('two'), class: 'prepare', change: null, endedAt: null }] as const
    expect(staged({ ...standing({}), open })).toEqual([])
  })

  it('on all agents and one server once that one keeps them', () => expect(staged(standing({ two: 'active' }))).toEqual(['one', 'wok', 'zen']))

  it('on the next server when the one before keeps them', () => {
    expect(staged(standing({ two: 'active', wok: 'active', zen: 'active', one: 'staged' }))).toEqual([])
    expect(staged(standing({ two: 'active', wok: 'active', zen: 'active', one: 'active' }))).toEqual(['six'])
  })

  it('on another agent, or a server, where the first are away', () => {
    expect(staged(away(input, 'two'))).toEqual(['wok'])
    expect(staged(away(input, ...AGENTS))).toEqual(['one'])
  })

  it('first where others are on trial that nobody wants any more', () => {
    expect(staged(standing({ two: 'active', wok: 'active', zen: 'active', six: 'other' }))).toEqual(['six'])
  })

  it('on no server while another cannot read what it has', () => {
    expect(staged(standing({ two: 'active', wok: 'active', zen: 'unread', one: 'unread' }))).toEqual([])
    expect(planCluster(standing({ zen: 'unread' })).waits.map(({ key }) => key)).toContain(`unread@${hostIdOf('zen')}`)
  })

  it('and no plan of it troubles the second reader', () => {
    const stands: readonly Stand[] = ['staged', 'active', 'other', 'unread']
    for (let seed = 0; seed < 400; seed += 1) {
      const one = [...SERVERS][seed % 3] ?? 'one'
      const agents = AGENTS.map((name, at) => [name, stands[(seed + at * 7) % 4]] as const)
      const others = SERVERS.filter((name) => name !== one).map((name, at) => [name, (seed >> at) % 2 === 0 ? 'active' : undefined] as const)
      const of = standing({ ...Object.fromEntries<Stand | undefined>([...agents, ...others]), [one]: stands[(seed >> 2) % 4] })
      const codes = planCluster(of).findings.map(({ said }) => said.code)
      expect(codes).not.toContain('finding.two-firewalls')
      expect(codes).not.toContain('finding.unwitnessed')
    }
  })
})
