import { type HostView, render } from '@drover/protocol'
import { freeze } from '@drover/test/kit/builders/freeze.ts'
import { BARE, buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import type { SettleResult } from './settle.ts'

const worker = { role: 'worker' }
const one = buildHost({ name: 'one' })
const two = buildHost({ name: 'two', ip: '10.0.0.12', labels: worker })

const said = ({ findings }: SettleResult): readonly string[] => findings.map(({ level, said: text }) => `${level} ${render(text)}`)
const rolesOf = ({ settled }: SettleResult, names: readonly string[]): readonly (string | undefined)[] => names.map((name) => settled.roles[hostIdOf(name)])

describe('roles', () => {
  it('from names and labels, frozen input and all', () => {
    const result = buildInput({ hosts: freeze([one, two]), spec: freeze(buildSpec()) })
    expect(result.findings).toEqual([])
    expect(rolesOf(result, ['one', 'two'])).toEqual(['server', 'agent'])
    expect(result.settled.seed).toBe(hostIdOf('one'))
  })

  it('a host that is not there is said', () => {
    const result = buildInput({ hosts: [one], spec: buildSpec({ servers: { names: ['nobody'] } }) })
    expect(said(result)).toEqual(['fatal no host is called nobody'])
  })

  const ungraded = buildSpec({ servers: { count: 1 } })
  const agentOnly = buildHost({ name: 'big', labels: worker, mayBe: 'agent', measured: { memoryMb: 999_999 } })
  const serverOnly = buildHost({ name: 'two', ip: '10.0.0.12', labels: worker, mayBe: 'server' })

  it('a host is taken only for what its join token lets it be', () => {
    const result = buildInput({ hosts: [agentOnly, serverOnly], spec: ungraded })
    expect(rolesOf(result, ['big', 'two'])).toEqual(['agent', 'server'])
    expect([said(result), result.runnersUp]).toEqual([[], []])
  })

  it('that a selector means a host for what it may not be is said', () => {
    const result = buildInput({ hosts: [one, agentOnly, serverOnly], spec: buildSpec() })
    expect(rolesOf(result, ['one', 'big', 'two'])).toEqual(['server', 'agent', undefined])
    expect(said(result)).toEqual(['note two may only become server by its join token, not agent'])
    const none = buildInput({ hosts: [agentOnly], spec: buildSpec({ servers: { count: 1, select: worker }, agents: undefined }) })
    expect(said(none)).toEqual(['note big may only become agent by its join token, not server', expect.stringMatching(/^fatal no host can be server/)])
  })

  it('a host that is named for what it may not be is fatal, unless it already is that', () => {
    const spec = buildSpec({ servers: { names: ['big'] }, agents: { names: ['two'] } })
    const result = buildInput({ hosts: [agentOnly, serverOnly], spec })
    expect(result.settled.roles).toEqual({})
    expect(said(result)).toEqual(['fatal big may only become agent by its join token, not server', 'fatal two may only become server by its join token, not agent'])
    const previous = buildInput({ hosts: [buildHost({ name: 'big' })], spec: buildSpec({ servers: { names: ['big'] } }) }).settled
    const claim = { cluster: 'home', incarnation: 1, seed: previous.seed } as never
    const kept = buildInput({ hosts: [{ ...agentOnly, facts: buildHost({ name: 'big', facts: { claim } }).facts }], spec: buildSpec({ servers: { names: ['big'] } }), previous })
    expect([rolesOf(kept, ['big']), said(kept)]).toEqual([['server'], []])
  })

  it.each<[string, Partial<Parameters<typeof buildHost>[0]>]>([
    ['more memory', { measured: { memoryMb: 32_768 } }],
    ['more CPUs', { measured: { cpus: 16 } }],
    ['a quicker disk than one that is slow', {}],
  ])('by hardware: %s', (what, better) => {
    const rest = what.startsWith('a quicker') ? { measured: { fsyncP99Us: 90_000, memoryMb: 64_000 } } : {}
    const result = buildInput({ hosts: [buildHost({ name: 'aaa', ...rest }), buildHost({ name: 'bbb', ip: '10.0.0.12', ...better })], spec: ungraded })
    expect(rolesOf(result, ['aaa', 'bbb'])).toEqual([undefined, 'server'])
    expect(result.runnersUp.map(render)).toEqual([expect.stringMatching(/^aaa was not chosen as server: /)])
  })

  it('a disk that was not measured comes after a quick one and before a slow one', () => {
    const unmeasured = buildHost({ name: 'bbb', ip: '10.0.0.12', measured: { fsyncP99Us: null } })
    const slow = buildHost({ name: 'aaa', measured: { fsyncP99Us: 50_000 } })
    expect(rolesOf(buildInput({ hosts: [slow, unmeasured], spec: ungraded }), ['bbb'])).toEqual(['server'])
    expect(rolesOf(buildInput({ hosts: [unmeasured, buildHost({ name: 'ccc', ip: '10.0.0.13' })], spec: ungraded }), ['ccc'])).toEqual(['server'])
  })

  it('a host that is meant as an agent, or that could not be started, is chosen last', () => {
    const big = buildHost({ name: 'big', labels: worker, measured: { memoryMb: 999_999 } })
    const taken = buildHost({ name: 'taken', ip: '10.0.0.12', measured: { memoryMb: 99_999, usedPorts: ['tcp/6443 (nginx)'] } })
    const small = buildHost({ name: 'small', ip: '10.0.0.13', measured: { memoryMb: 1_000, cpus: 1 } })
    expect(rolesOf(buildInput({ hosts: [big, taken, small], spec: ungraded }), ['big', 'taken', 'small'])).toEqual(['agent', undefined, 'server'])
  })

  it('equal machines: the first by name, whatever order they came in', () => {
    const pair = [buildHost({ name: 'bbb', ip: '10.0.0.12' }), buildHost({ name: 'aaa' })]
    expect(rolesOf(buildInput({ hosts: pair, spec: ungraded }), ['aaa'])).toEqual(['server'])
  })

  it('servers are spread over failure domains', () => {
    const at = (name: string, site: string, index: number): HostView => buildHost({ name, ip: `10.0.0.${index}`, labels: { site } })
    const hosts = [at('a1', 'a', 11), at('a2', 'a', 12), at('a3', 'a', 13), at('b1', 'b', 14), at('c1', 'c', 15)]
    const result = buildInput({ hosts, spec: buildSpec({ servers: { count: 3, spread: 'site' }, apiEndpoint: 'k3s.example.org' }) })
    expect(rolesOf(result, ['a1', 'a2', 'a3', 'b1', 'c1'])).toEqual(['server', undefined, undefined, 'server', 'server'])
    expect(said(result)).toEqual([])
  })

  it('a second server without an apiEndpoint is noted once: kubeconfigs name the first one alone', () => {
    const spec = buildSpec({ servers: { names: ['one', 'two', 'three'] } })
    const hosts = ['one', 'two', 'three'].map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
    const noted = 'note kubeconfigs name one (10.0.0.11) alone: while it is away they reach nothing, although the cluster goes on'
    const result = buildInput({ hosts, spec })
    expect(said(result)).toContain(noted)
    expect(said(buildInput({ hosts, spec, previous: result.input.settled }))).not.toContain(noted)
    expect(said(buildInput({ hosts: hosts.slice(0, 1), spec: buildSpec({ servers: { names: ['one'] } }) }))).not.toContain(noted)
  })

  it('an even number of servers is asked about', () => {
    const result = buildInput({ hosts: [one, two], spec: buildSpec({ servers: { names: ['one', 'two'] } }) })
    expect(said(result)).toContain('asks 2 servers tolerate no more failures than 1, 0, and need 2 votes for each write')
  })

  it('a selector of servers', () => {
    const spec = buildSpec({ servers: { select: { role: 'server' } } })
    const result = buildInput({ hosts: [one, buildHost({ name: 'three', ip: '10.0.0.13', labels: { role: 'server' } })], spec })
    expect(rolesOf(result, ['one', 'three'])).toEqual([undefined, 'server'])
    expect(result.settled.why.map(render)).toContain('three is server: selector role=server')
    expect(said(buildInput({ hosts: [one], spec }))).toEqual([
      'fatal no host can be server: selector role=server matches no active host that is free and measured',
    ])
    expect(said(buildInput({ hosts: [], spec: ungraded }))).toEqual(['fatal no host can be server: there is no active host that is free and measured'])
  })

  it('an empty selector means any host', () => {
    const result = buildInput({ hosts: [one, buildHost({ name: 'x', ip: '10.0.0.12' })], spec: buildSpec({ agents: { select: {} } }) })
    expect(rolesOf(result, ['x'])).toEqual(['agent'])
    expect(result.settled.why.map(render)).toContain('x is agent: selector any host')
  })

  it.each<[string, HostView, string]>([
    ["another cluster's", buildHost({ name: 'two', labels: worker, cluster: 'shop' }), 'note two belongs to cluster shop'],
    ['not let in yet', buildHost({ name: 'two', labels: worker, state: 'pending' }), 'note two is pending'],
    ['of old inventory', { ...two, measured: { ...two.measured, seenAt: -900_001 } as never }, 'note two has no inventory that is new enough: it is not in this forecast'],
  ])('a selector passes by a host that is %s', (_what, host, finding) => {
    const result = buildInput({ hosts: [one, host] })
    expect(rolesOf(result, ['two'])).toEqual([undefined])
    expect(said(result)).toEqual([finding])
  })
})

describe('addresses', () => {
  const multi = buildHost({
    name: 'one',
    measured: {
      defaultInterface: 'wan0',
      addresses: [
        { iface: 'lo', ip: '127.0.0.1', prefix: 8, dynamic: false },
        { iface: 'wan0', ip: '203.0.113.9', prefix: 24, dynamic: true },
        { iface: 'wan0', ip: 'fe80::1', prefix: 64, dynamic: false },
        { iface: 'lan0', ip: '10.0.0.21', prefix: 24, dynamic: true },
        { iface: 'lan0', ip: '10.0.0.20', prefix: 24, dynamic: false },
        { iface: 'cni0', ip: '10.0.0.1', prefix: 24, dynamic: false },
        { iface: 'lan0', ip: 'fd00::20', prefix: 64, dynamic: false },
      ],
    },
  })
  const nodeOf = (network: object): unknown => buildInput({ hosts: [multi], spec: buildSpec({ network }) }).settled.node[hostIdOf('one')]

  it('in the network of the spec, a fixed one before one by DHCP', () => expect(nodeOf({ node: '10.0.0.0/24' })).toEqual({ ip: '10.0.0.20', iface: 'lan0' }))
  it('on the interface of the spec', () => expect(nodeOf({ node: 'lan0' })).toEqual({ ip: '10.0.0.20', iface: 'lan0' }))
  it('where the default route leaves', () => expect(nodeOf({})).toEqual({ ip: '203.0.113.9', iface: 'wan0' }))
  it('says what it was read from', () => {
    const seen = buildHost({ name: 'one', measured: { defaultEvidence: 'default via 10.0.0.1 dev eth0 proto dhcp' } })
    const { why } = buildInput({ hosts: [seen], spec: buildSpec({ network: {} }) }).settled
    expect(why.map(render)).toContain('one uses 10.0.0.11 on eth0: it holds the default route (default via 10.0.0.1 dev eth0 proto dhcp)')
  })
  it('of the family of the pods', () => {
    expect(nodeOf({ node: 'lan0', pods: 'fd02::/48', services: 'fd03::/112' })).toEqual({ ip: 'fd00::20', iface: 'lan0' })
  })

  it('none that fits is said', () => {
    const away = buildInput({ hosts: [multi], spec: buildSpec({ network: { node: '192.168.0.0/24' } }) })
    expect(said(away)).toEqual(['fatal one has no address in 192.168.0.0/24'])
    const routeless = buildInput({ hosts: [buildHost({ name: 'one', measured: { defaultInterface: null } })], spec: buildSpec({ network: {} }) })
    expect(said(routeless)).toEqual(['fatal one has no address in the network of its default route (there is none: name network.node)'])
  })

  it('a named host without an inventory has none', () => {
    const { measured: _measured, ...blind } = one
    expect(said(buildInput({ hosts: [blind] }))).toEqual(['fatal one has no inventory that is new enough: it is not in this forecast'])
  })
})

describe('a cluster that exists', () => {
  const first = buildInput({ hosts: [one, two] }).settled
  const claim = { cluster: 'home', incarnation: 1, seed: hostIdOf('one') } as never
  const k3s = { role: 'server', state: 'active', wasActive: true, current: true, incarnation: 1 } as const
  const member = (name: string, ip: string, patch: object = {}): HostView =>
    buildHost({ name, ip, labels: name === 'one' ? {} : worker, facts: { claim, k3s: { ...k3s, role: name === 'one' ? 'server' : 'agent' } }, ...patch })

  it('keeps roles, seed and addresses however it measures now', () => {
    const better = buildHost({ name: 'zzz', ip: '10.0.0.30', measured: { memoryMb: 999_999 } })
    const moved = [member('one', '10.0.0.99', { measured: { memoryMb: 100, addresses: [] } }), member('two', '10.0.0.98'), better]
    const result = buildInput({ hosts: moved, spec: buildSpec({ servers: { count: 1 } }), previous: first })
    expect(result.settled.roles).toEqual(first.roles)
    expect(result.settled.node).toEqual(first.node)
    expect(result.settled.seed).toBe(first.seed)
    expect(result.settled.why).toEqual(first.why)
    expect(result.findings).toEqual([])
  })

  it('takes in new hosts', () => {
    const three = buildHost({ name: 'three', ip: '10.0.0.13', labels: worker })
    const result = buildInput({ hosts: [member('one', '10.0.0.11'), member('two', '10.0.0.12'), three], previous: first })
    expect(rolesOf(result, ['one', 'two', 'three'])).toEqual(['server', 'agent', 'agent'])
  })

  it('asks before a member leaves, and keeps one that is no longer there', () => {
    const spec = buildSpec({ agents: { names: ['x'] } })
    const result = buildInput({ hosts: [member('one', '10.0.0.11'), member('two', '10.0.0.12'), buildHost({ name: 'x', ip: '10.0.0.14' })], spec, previous: first })
    expect(said(result)).toEqual(['asks two leaves cluster home: its pods are evicted, k3s is uninstalled there with all its data, and its Node is deleted'])
    expect([rolesOf(result, ['one', 'two', 'x']), result.settled.leaving]).toEqual([['server', 'agent', 'agent'], [hostIdOf('two')]])
    const gone = buildInput({ hosts: [member('one', '10.0.0.11')], previous: first })
    expect(said(gone)[0]).toMatch(/^fatal h-[a-z2-7]{16} leaves cluster home/)
  })

  it('does not move to another network', () => {
    const hosts = [member('one', '10.0.0.11'), member('two', '10.0.0.12')]
    expect(said(buildInput({ hosts, spec: buildSpec({ network: { node: '192.168.0.0/24' } }), previous: first }))).toEqual([
      'fatal network.node cannot change on a cluster that exists: it was 10.0.0.11',
      'fatal network.node cannot change on a cluster that exists: it was 10.0.0.12',
    ])
  })

  it('of which nothing was begun may be chosen anew', () => {
    const better = buildHost({ name: 'best', ip: '10.0.0.30', measured: { memoryMb: 999_999 } })
    const result = buildInput({ hosts: [one, two, better], spec: buildSpec({ servers: { names: ['best'] } }), previous: first })
    expect(rolesOf(result, ['one', 'two', 'best'])).toEqual([undefined, 'agent', 'server'])
    expect(result.settled.seed).toBe(hostIdOf('best'))
  })

  it('keeps its seed though that was reinstalled, while another host has run in it', () => {
    const result = buildInput({ hosts: [buildHost({ name: 'one', facts: BARE }), member('two', '10.0.0.12')], previous: first })
    expect(result.settled.seed).toBe(hostIdOf('one'))
    expect(result.settled.node[hostIdOf('one')]).toEqual(first.node[hostIdOf('one')])
  })
})
