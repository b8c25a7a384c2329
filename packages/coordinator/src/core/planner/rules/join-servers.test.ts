import { type HostFacts, type HostId, type OpenOrder, type PlanInput, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { desiredFirewall } from '../firewall/ruleset.ts'
import { planCluster } from '../plan-cluster.ts'
import { toleranceOf } from '../tolerance.ts'

const NAMES = ['one', 'two', 'three']
const [ONE, TWO, THREE] = [hostIdOf('one'), hostIdOf('two'), hostIdOf('three')]
const hosts = NAMES.map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
const settled = settledInput(buildInput({ hosts, spec: buildSpec({ servers: { names: NAMES } }) }).input)

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id
const does = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, host, change }) => `${kind} ${nameOf(input, host)}${change === null || change === host ? '' : ` for ${nameOf(input, change)}`}`)
const waits = (input: PlanInput): readonly string[] => planCluster(input).waits.map(({ key, on }) => `${key.split('@')[0] ?? ''} ${on.map((id) => nameOf(input, id)).join()}`)
const fatal = (input: PlanInput): readonly string[] => planCluster(input).findings.filter(({ level }) => level === 'fatal').map(({ said }) => render(said))

const stopped = { role: 'server', state: 'stopped', wasActive: false, current: false, incarnation: 1 } as const
const prepared = (id: HostId): Partial<HostFacts> => ({ ...settledFacts(settled, id), k3s: stopped, etcd: 'none', node: 'absent' })
const starting = (id: HostId): Partial<HostFacts> => ({ ...prepared(id), k3s: { ...stopped, state: 'starting', current: true } })
const first = withFacts(settled, { [ONE]: { node: 'notReady' }, [TWO]: prepared(TWO), [THREE]: prepared(THREE) })

describe('servers that join', () => {
  it('start and are promoted as one change, the first of them while the Node of the seed is not Ready', () => {
    expect(does(first)).toEqual(['k3s.start two', 'etcd.promote one for two'])
    expect(waits(first)).toEqual(['node one'])
    expect(planCluster(first).actions.map(({ class: stepClass, change }) => [stepClass, change])).toEqual([['membership', TWO], ['membership', TWO]])
  })

  it('wait for the vote of whoever came before, not for its Node', () => {
    const learning = withFacts(first, { [TWO]: { ...starting(TWO), etcd: 'learner' } })
    expect([does(learning), waits(learning)]).toEqual([['etcd.promote one for two'], ['member two', 'node one']])
    const voting = withFacts(first, { [TWO]: { ...starting(TWO), etcd: 'voter' } })
    expect([does(voting), waits(voting)]).toEqual([['k3s.start three', 'etcd.promote one for three'], ['node one', 'node two']])
  })

  it('are waited for after a boot until k3s is up, although etcd votes and Kubernetes still takes the Node for Ready', () => {
    const up = settled.view.hosts[THREE]?.facts.k3s?.value ?? null
    const booted = withFacts(settled, { [THREE]: { k3s: up === null ? null : { ...up, state: 'starting' }, etcd: 'voter', node: 'ready' } })
    expect([does(settled), waits(settled)]).toEqual([[], []])
    expect([does(booted), waits(booted)]).toEqual([[], ['node three']])
  })

  it('go on by the word of another member while the etcd of the one before says nothing yet, and by no older or other word', () => {
    const silent = { ...starting(TWO), etcd: 'none', listed: 'voter' } as const
    const begun = withFacts(first, { [TWO]: silent })
    expect([does(begun), fatal(begun)]).toEqual([['k3s.start three', 'etcd.promote one for three'], []])
    expect(does(withFacts(first, { [TWO]: { ...silent, listed: 'learner' } }))).toEqual(['etcd.promote one for two'])
    expect(does(withFacts(first, { [TWO]: { ...silent, etcd: 'unhealthy' } }))).toEqual([])
    expect(does(withFacts(first, { [TWO]: { ...silent, k3s: { ...stopped, state: 'failed', current: true } } }))).not.toContain('k3s.start three')
    expect(does(withFacts(first, { [TWO]: { ...silent, k3s: { ...stopped, wasActive: true, state: 'starting', current: true } } }))).toEqual([])
  })

  it('go on although the start of the one before is still carried out, as soon as that votes', () => {
    const [start, promote] = planCluster(first).actions
    const open = [start, promote].flatMap((action): OpenOrder[] => (action === undefined ? [] : [{ key: action.key, host: action.host, class: action.class, change: action.change, endedAt: null }]))
    expect(does({ ...withFacts(first, { [TWO]: { ...starting(TWO), etcd: 'learner' } }), open })).toEqual([])
    const next = { ...withFacts(first, { [TWO]: { ...starting(TWO), etcd: 'voter' } }), open }
    expect([does(next), fatal(next)]).toEqual([['k3s.start three', 'etcd.promote one for three'], []])
  })

  it('are started again while their promotion is still open', () => {
    const promote = planCluster(first).actions.find(({ kind }) => kind === 'etcd.promote')
    const open = promote === undefined ? [] : [{ key: promote.key, host: promote.host, class: promote.class, change: promote.change, endedAt: null }]
    expect(does({ ...first, open })).toEqual(['k3s.start two'])
  })

  it.each<[string, PlanInput, readonly string[]]>([
    ['the API is down', withFacts(first, {}, 'down'), ['api one']],
    ['the seed does not vote yet', withFacts(first, { [ONE]: { etcd: 'unhealthy' } }), ['member one']],
    ['the next one is not prepared', withFacts(first, { [TWO]: { ...prepared(TWO), binary: null } }), ['prepared two', 'node one']],
  ])('do not start while %s', (_what, input, expected) => {
    expect(does(input).filter((line) => line.startsWith('k3s.start') || line.startsWith('etcd'))).toEqual([])
    expect(waits(input)).toEqual(expected)
  })

  it('are promoted by another voter where the seed does not vote, once all others do', () => {
    const three = withFacts(settled, { [THREE]: { ...starting(THREE), etcd: 'learner' } })
    expect(does(three)).toEqual(['etcd.promote one for three'])
    expect(does(withFacts(three, { [ONE]: { etcd: 'unhealthy' } }))).toEqual([])
  })

  it('goes on as the member that it is where it has stopped', () => {
    const down = withFacts(settled, { [TWO]: { k3s: { ...stopped, state: 'failed', wasActive: true, current: true }, etcd: 'none' } })
    expect(does(down)).toEqual(['k3s.start two'])
    expect(planCluster(down).actions.map(({ why }) => render(why))).toEqual(['two goes on as the etcd member that it is'])
  })

  it('are done when all vote and every Node is Ready', () => expect(planCluster(settled)).toEqual({ actions: [], waits: [], findings: [] }))
})

describe('restarts on etcd', () => {
  const older = (id: HostId): Partial<HostFacts> => ({ k3s: { ...stopped, state: 'active', wasActive: true }, etcd: settledFacts(settled, id).etcd })

  it('go one by one while all others vote', () => {
    const changed = withFacts(settled, { [ONE]: older(ONE), [TWO]: older(TWO), [THREE]: older(THREE) })
    expect(does(changed)).toEqual(['k3s.start one'])
    const away = withFacts(changed, { [THREE]: { k3s: { ...stopped, state: 'active', wasActive: true, current: true }, etcd: 'unhealthy' } })
    expect(does(away)).toEqual([])
    expect(planCluster(away).waits.map(({ reason }) => render(reason))).toContain('its etcd member does not vote yet')
  })

  it('begin with who has no vote to lose', () => {
    const broken = withFacts(settled, { [ONE]: older(ONE), [TWO]: { k3s: { ...stopped, state: 'failed', wasActive: true }, etcd: 'none' } }, 'down')
    expect([does(broken), fatal(broken)]).toEqual([['k3s.start two'], []])
  })
})

describe('the firewall of servers on etcd', () => {
  const guarded = settledInput(buildInput({ hosts, spec: buildSpec({ servers: { names: NAMES }, firewall: { admins: ['198.51.100.0/24'] } }) }).input)
  const active = (id: HostId, members?: string): HostFacts['firewall'] => {
    const wanted = desiredFirewall(guarded, id)
    return { ...settledFacts(guarded, id).firewall, active: { rules: wanted?.rules ?? '', members: members ?? wanted?.members ?? '' } }
  }
  const facts = (id: HostId): Partial<HostFacts> => ({ ...settledFacts(guarded, id), firewall: active(id) })

  it('lets servers alone reach the ports of its members, and a witness has to', () => {
    const wanted = desiredFirewall(guarded, ONE)
    expect(wanted?.ruleset.admit).toContainEqual({ from: 'servers', proto: 'tcp', ports: ['2379-2380'] })
    expect(wanted?.keep).toEqual([22, 2379, 2380, 6443, 10_250])
  })

  it('has to know a server before that joins, on each member', () => {
    const joining = withFacts(guarded, { [ONE]: facts(ONE), [TWO]: { ...facts(TWO), firewall: active(TWO, 'f'.repeat(64)) }, [THREE]: { ...facts(THREE), k3s: stopped, etcd: 'none', node: 'absent' } }, 'up')
    expect(does(joining)).toEqual(['firewall.members two'])
    expect(planCluster(joining).waits.map(({ reason }) => render(reason))).toContain("being prepared: its address in the servers' firewall")
    expect(does(withFacts(joining, { [TWO]: facts(TWO) }))).toEqual(['k3s.start three', 'etcd.promote one for three'])
  })
})

describe('what may be lost', () => {
  const lost = (input: PlanInput): readonly number[] => Object.values(toleranceOf(input.view, input.settled))

  it('is what votes beyond the quorum of all members, also of those that are down', () => {
    expect(lost(settled)).toEqual([3, 3, 1])
    expect(lost(first)).toEqual([1, 1, 0])
    expect(lost(withFacts(first, { [TWO]: { ...settledFacts(settled, TWO) } }))).toEqual([2, 2, 0])
    expect(lost(withFacts(settled, { [TWO]: { etcd: 'none', k3s: { ...stopped, wasActive: true } } }))).toEqual([2, 2, 0])
  })
})
