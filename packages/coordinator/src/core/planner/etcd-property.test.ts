import { type Action, type HostFacts, type HostId, type PlanInput, quorumOf, type View } from '@drover/protocol'
import { freeze } from '@drover/test/kit/builders/freeze.ts'
import { BARE, buildHost } from '@drover/test/kit/builders/host.ts'
import { settledFacts, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { randomFrom } from '@drover/test/kit/builders/random.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { applyEffects, applyPatches } from './apply-patch.ts'
import { forecast, roundsOf } from './forecast.ts'
import { toleranceOf } from './tolerance.ts'

const INVARIANTS = ['finding.two-changes', 'finding.not-reachable', 'finding.not-first-last', 'finding.early-join', 'finding.join-api-down', 'finding.promoter', 'finding.quorum', 'finding.second-init', 'finding.unsettled', 'finding.unasked-removal', 'finding.removal-quorum']

type Random = () => number
const pick = <T>(random: Random, values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0]

/** The seed has run; of the others each is bare, prepared, a learner, a voter, one that stopped, or one with older settings. */
const anyServer = (random: Random, whole: HostFacts, isSeed: boolean): Partial<HostFacts> => {
  const kind = isSeed ? pick(random, ['voter', 'stopped', 'changed']) : pick(random, ['bare', 'prepared', 'learner', 'voter', 'stopped', 'changed', 'unhealthy'])
  const k3s = whole.k3s
  if (kind === 'bare' || k3s === null) return BARE
  if (kind === 'prepared') return { ...whole, k3s: { ...k3s, state: 'stopped', wasActive: false }, etcd: 'none', node: 'absent' }
  if (kind === 'learner') return { ...whole, k3s: { ...k3s, state: 'starting', wasActive: false }, etcd: 'learner', node: 'absent' }
  if (kind === 'stopped') return { ...whole, k3s: { ...k3s, state: 'failed' }, etcd: 'none', node: 'notReady' }
  if (kind === 'unhealthy') return { ...whole, etcd: 'unhealthy' }
  return kind === 'changed' ? { ...whole, k3s: { ...k3s, current: false } } : whole
}

const anyInput = (random: Random): PlanInput => {
  const servers = pick(random, [1, 2, 3, 4, 5])
  const names = Array.from({ length: servers }, (_, index) => `s${String(index)}`)
  const agents = Array.from({ length: Math.floor(random() * 3) }, (_, index) => buildHost({ name: `w${String(index)}`, ip: `10.0.0.${String(100 + index)}`, labels: { role: 'worker' } }))
  const hosts = [...names.map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}`, online: random() > 0.1 })), ...agents]
  const { input } = buildInput({ hosts, spec: buildSpec({ datastore: 'etcd', servers: { names } }) })
  const ids = Object.keys(input.settled.roles) as HostId[]
  const isBare = random() < 0.3
  const facts = ids.map((id): [HostId, Partial<HostFacts>] => {
    if (isBare || input.settled.roles[id] === 'agent') return [id, BARE]
    return [id, anyServer(random, settledFacts(input, id), id === input.settled.seed)]
  })
  return freeze(withFacts(input, Object.fromEntries(facts), !isBare && random() < 0.7 ? 'up' : 'down'))
}

const votersIn = (view: View): number => Object.values(view.hosts).filter(({ facts }) => facts.etcd?.value === 'voter').length

/** Servers that have been members already. */
const startedIn = ({ settled }: PlanInput, view: View): number =>
  Object.entries(view.hosts).filter(([id, { facts }]) => settled.roles[id as HostId] === 'server' && facts.k3s?.value?.wasActive === true).length

const isRestart = (view: View, { kind, host, class: stepClass }: Action): boolean =>
  kind === 'k3s.start' && stepClass !== 'prepare' && view.hosts[host]?.facts.etcd?.value === 'voter'

describe('for random servers on etcd in random states', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))('seed %i: one change at a time, nobody below the quorum, and in the end all vote', (seed) => {
    const input = anyInput(randomFrom(seed + 7))
    const { phases, findings } = forecast(input)
    expect(findings.filter(({ said: { code } }) => INVARIANTS.includes(code)).map(({ said }) => said)).toEqual([])
    expect(phases.length).toBeLessThan(roundsOf(input))
    const servers = Object.values(input.settled.roles).filter((role) => role === 'server').length
    let { view } = input
    let initialised = 0
    for (const { lines, waits } of phases) {
      const actions = lines.map(({ action }) => action)
      expect(new Set(actions.flatMap(({ change }) => change ?? [])).size).toBeLessThanOrEqual(1)
      const lost = actions.some((action) => isRestart(view, action)) ? 1 : 0
      expect(votersIn(view) - lost).toBeGreaterThanOrEqual(lost * Math.min(quorumOf(servers), startedIn(input, view) - 1))
      for (const { kind, host } of actions) if (kind === 'k3s.start' && host === input.settled.seed && view.hosts[host]?.facts.k3s?.value?.wasActive !== true) initialised += 1
      view = applyEffects(view, actions, input.now)
      view = applyPatches(view, [...waits, ...lines.flatMap((line) => line.waits)].map(({ assume }) => assume), input.now)
    }
    expect(initialised).toBeLessThanOrEqual(1)
    expect(votersIn(view)).toBe(servers)
    // Of a server that is away and has nothing to be changed nobody knows more than before.
    const here = Object.keys(input.settled.roles).filter((id) => input.settled.roles[id as HostId] === 'server' && view.hosts[id as HostId]?.online.value === true).length
    expect(toleranceOf(view, input.settled)).toEqual({ members: servers, voters: here, tolerates: Math.max(0, here - quorumOf(servers)) })
  })
})

/** All run; some of them leave, at least one server that votes stays, and some of the others may be away. */
const anyShrink = (random: Random): PlanInput => {
  const servers = pick(random, [2, 3, 4, 5])
  const names = Array.from({ length: servers }, (_, index) => `s${String(index)}`)
  const agents = Array.from({ length: Math.floor(random() * 3) }, (_, index) => `w${String(index)}`)
  const hosts = [...names, ...agents].map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
  const { input } = buildInput({ hosts, spec: buildSpec({ datastore: 'etcd', servers: { names }, ...(agents.length === 0 ? {} : { agents: { names: agents } }) }) })
  const ids = Object.keys(input.settled.roles) as HostId[]
  const leaving = ids.filter((id) => id !== input.settled.seed && random() < 0.5)
  const stateOf = (id: HostId): Partial<HostFacts> => {
    const whole = settledFacts(input, id)
    const bare: Partial<HostFacts> = { ...whole, ...BARE, node: pick(random, ['notReady', 'absent']), listed: whole.listed }
    const mayBeBare = servers > 2 && id === leaving.find((one) => input.settled.roles[one] === 'server')
    return leaving.includes(id) ? pick(random, [whole, whole, { ...whole, node: 'cordoned' }, mayBeBare ? bare : whole]) : whole
  }
  const left = leaving.length === 0 ? {} : { leaving: leaving.toSorted() }
  return freeze(withFacts({ ...input, settled: { ...input.settled, ...left } }, Object.fromEntries(ids.map((id) => [id, stateOf(id)])), 'up'))
}

const listedIn = (view: View): readonly string[] => Object.entries(view.hosts).flatMap(([id, { facts }]) => (facts.listed?.value === 'voter' ? [id] : []))

describe('for random members that leave', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))('seed %i: one server at a time, never below the quorum, and in the end nothing of them is left', (seed) => {
    const input = anyShrink(randomFrom(seed + 11))
    const { phases, findings } = forecast(input)
    expect(findings.filter(({ said: { code } }) => INVARIANTS.includes(code)).map(({ said }) => said)).toEqual([])
    let { view } = input
    for (const { lines, waits } of phases) {
      const actions = lines.map(({ action }) => action)
      expect(new Set(actions.flatMap(({ change }) => (change !== null && input.settled.roles[change] === 'server' ? [change] : []))).size).toBeLessThanOrEqual(1)
      view = applyEffects(view, actions, input.now)
      const voting = listedIn(view).filter((id) => view.hosts[id as HostId]?.facts.etcd?.value === 'voter').length
      expect(voting).toBeGreaterThanOrEqual(quorumOf(listedIn(view).length))
      view = applyPatches(view, [...waits, ...lines.flatMap((line) => line.waits)].map(({ assume }) => assume), input.now)
    }
    for (const id of input.settled.leaving ?? []) {
      const { k3s, claim, node, listed } = view.hosts[id]?.facts ?? {}
      expect([k3s?.value, claim?.value, node?.value, listed?.value]).toEqual([null, null, 'absent', 'none'])
    }
    const stay = (Object.keys(input.settled.roles) as HostId[]).filter((id) => input.settled.roles[id] === 'server' && input.settled.leaving?.includes(id) !== true)
    expect(listedIn(view).toSorted()).toEqual(stay.toSorted())
  })
})
