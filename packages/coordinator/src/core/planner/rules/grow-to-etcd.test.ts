import { type HostFacts, type HostId, type OpenOrder, type PlanInput, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { hostConfig } from '../host-config.ts'
import { planCluster } from '../plan-cluster.ts'
import { toleranceOf } from '../tolerance.ts'

const [ONE, TWO] = [hostIdOf('one'), hostIdOf('two')]
const one = buildHost({ name: 'one' })
const others = ['two', 'three'].map((name, index) => buildHost({ name, ip: `10.0.0.${String(12 + index)}` }))
/** The seed as it runs on SQLite, before the spec asked for more. */
const alone = settledInput(buildInput({ hosts: [one], spec: buildSpec({ servers: { names: ['one'] } }) }).input)
const onSqlite = (change: Partial<HostFacts> = {}): Partial<HostFacts> => ({ ...settledFacts(alone, ONE), ...change })
const k3s = { role: 'server', state: 'active', wasActive: true, current: true, incarnation: 1, datastore: 'sqlite' } as const

const grown = buildInput({ hosts: [one, ...others], spec: buildSpec({ servers: { names: ['one', 'two', 'three'] } }) }).input
const asked = withFacts(grown, { [ONE]: onSqlite() }, 'up')
const kept = withFacts(asked, { [ONE]: onSqlite({ snapshots: { 'before-etcd-1': { cluster: 'home', incarnation: 1 } } }) }, 'up')

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id
const heavy = (input: PlanInput): readonly string[] => planCluster(input).actions.filter(({ class: stepClass, kind }) => stepClass !== 'prepare' || kind === 'snapshot.take').map(({ kind, host }) => `${kind} ${nameOf(input, host)}`)
const waits = (input: PlanInput): readonly string[] => planCluster(input).waits.map(({ key, on }) => `${key.split('@')[0] ?? ''} ${on.map((id) => nameOf(input, id)).join()}`)
const fatal = (input: PlanInput): readonly string[] => planCluster(input).findings.filter(({ level }) => level === 'fatal').map(({ said }) => render(said))

describe('a server on SQLite whose spec asks for etcd', () => {
  it('takes a snapshot first, then moves, while the others are prepared', () => {
    expect([heavy(asked), fatal(asked)]).toEqual([['snapshot.take one'], []])
    expect([heavy(kept), fatal(kept)]).toEqual([['k3s.to-etcd one'], []])
    expect(planCluster(kept).actions.map(({ kind, host }) => `${kind} ${nameOf(kept, host)}`)).toContain('binary.install two')
  })

  it('takes its own snapshot where an earlier cluster of its name left one, under another name', () => {
    const left = { 'before-etcd-1': { cluster: 'home', incarnation: 1, foreign: true } } as const
    const input = withFacts(asked, { [ONE]: onSqlite({ snapshots: left }) }, 'up')
    expect([heavy(input), fatal(input)]).toEqual([['snapshot.take one'], []])
    expect(planCluster(input).actions.find(({ kind }) => kind === 'snapshot.take')?.params).toMatchObject({ name: 'before-etcd-1-2' })
    const taken = withFacts(asked, { [ONE]: onSqlite({ snapshots: { ...left, 'before-etcd-1-2': { cluster: 'home', incarnation: 1 } } }) }, 'up')
    expect([heavy(taken), fatal(taken)]).toEqual([['k3s.to-etcd one'], []])
  })

  it('keeps settings without cluster-init until then: a boot would move it without a copy', () => {
    expect(Object.keys(hostConfig(kept, ONE))).not.toContain('cluster-init')
    expect(hostConfig(kept, TWO)).toMatchObject({ server: 'https://10.0.0.11:6443', 'etcd-disable-snapshots': true })
    const [move] = planCluster(kept).actions.filter(({ kind }) => kind === 'k3s.to-etcd')
    expect(move?.params).toMatchObject({ cluster: 'home', incarnation: 1, config: { 'cluster-init': true, 'etcd-disable-snapshots': true } })
    expect(planCluster(kept).actions.some(({ kind, host }) => kind === 'k3s.config' && host === ONE)).toBe(false)
  })

  it('goes on as it is while the move is carried out: nothing else is changed', () => {
    const [move] = planCluster(kept).actions.filter(({ kind }) => kind === 'k3s.to-etcd')
    const open = move === undefined ? [] : [{ key: move.key, host: move.host, class: move.class, change: move.change, endedAt: null }] satisfies OpenOrder[]
    expect(heavy({ ...kept, open })).toEqual([])
  })

  it('is restarted with what changed beside it first, on SQLite', () => {
    const changed = withFacts(kept, { [ONE]: { k3s: { ...k3s, current: false } } })
    const starts = planCluster(changed).actions.filter(({ kind }) => kind === 'k3s.start')
    expect(starts.map(({ params }) => params)).toEqual([expect.objectContaining({ initialises: true, datastore: 'sqlite' })])
    expect(heavy(changed)).toEqual(['k3s.start one'])
  })

  it.each<[string, PlanInput, string]>([
    ['its API is down', withFacts(kept, {}, 'down'), 'api one'],
    ['its Node is not Ready', withFacts(kept, { [ONE]: { node: 'notReady' } }), 'node one'],
  ])('waits while %s', (_what, input, expected) => {
    expect(heavy(input)).toEqual([])
    expect(waits(input)).toContain(expected)
  })

  it('is a server of which nothing may be lost', () => {
    expect(toleranceOf(kept.view, kept.settled)).toEqual({ members: 1, voters: 1, tolerates: 0 })
  })

  it('is left alone once its data are in etcd', () => {
    const moved = withFacts(kept, { [ONE]: { k3s: { ...k3s, datastore: 'etcd' }, etcd: 'voter', config: settledFacts(withFacts(kept, { [ONE]: { k3s: { ...k3s, datastore: 'etcd' } } }), ONE).config } })
    expect(planCluster(moved).actions.filter(({ host }) => host === ONE).map(({ kind }) => kind)).not.toContain('k3s.to-etcd')
  })
})
