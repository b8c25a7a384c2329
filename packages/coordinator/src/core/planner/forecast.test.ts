import { type HostFacts, type HostId, type HostView, render, type Role } from '@drover/protocol'
import { freeze } from '@drover/test/kit/builders/freeze.ts'
import { BARE, buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { randomFrom } from '@drover/test/kit/builders/random.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { applyEffects, applyPatches } from './apply-patch.ts'
import { forecast, roundsOf } from './forecast.ts'
import { planCluster } from './plan-cluster.ts'
import { toleranceOf } from './tolerance.ts'

const hosts = [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]

describe('a forecast', () => {
  const built = buildInput({ hosts })
  const predicted = forecast(freeze(built.input), built)

  it('shows phases, the waits after them, what is touched, members and failures tolerated', () => {
    expect(predicted.phases.map(({ lines }) => lines.map(({ action }) => action.kind))).toEqual([
      ['binary.install', 'binary.install'],
      ['k3s.config', 'k3s.config'],
      ['k3s.start'],
      ['k3s.start', 'schedule.set'],
    ])
    expect(predicted.phases.map(({ lines }) => lines[0]).map((line) => [line?.members, line?.voters, line?.tolerates])).toEqual([[0, 0, 0], [0, 0, 0], [1, 1, 0], [1, 1, 0]])
    expect(predicted.phases.flatMap(({ lines }) => lines.flatMap((line) => line.waits.map(({ reason }) => render(reason))))).toEqual([
      'kubelet not Ready',
      'kubelet not Ready',
    ])
    expect(predicted.phases[0]?.lines[0]?.touches).toContainEqual({ what: 'file', name: '/usr/local/bin/k3s', how: 'made' })
    expect(predicted.ifItFails).toEqual({ retries: 3 })
    expect(predicted.findings).toEqual([])
  })

  it('is JSON all through, and the same for the same input', () => {
    expect(JSON.parse(JSON.stringify(predicted))).toEqual(predicted)
    expect(forecast(structuredClone(built.input), built)).toEqual(predicted)
  })

  it('does not depend on the orders in flight: a new approval supersedes them', () => {
    const { actions } = planCluster(built.input)
    const open = actions.map(({ key, host, class: stepClass, change }) => ({ key, host, class: stepClass, change, endedAt: null }))
    expect(forecast({ ...built.input, open }, built)).toEqual(predicted)
  })

  it('with nothing to do has no phases', () => {
    const facts = Object.fromEntries(Object.keys(built.settled.roles).map((id) => [id, settledFacts(built.input, id as HostId)]))
    expect(forecast(withFacts(built.input, facts, 'up')).phases).toEqual([])
  })

  it('that can only wait shows a phase without lines', () => {
    const facts = { ...settledFacts(built.input, hostIdOf('two')), node: 'notReady' as const }
    const { phases } = forecast(withFacts(built.input, { [hostIdOf('one')]: settledFacts(built.input, hostIdOf('one')), [hostIdOf('two')]: facts }, 'up'))
    expect(phases).toMatchObject([{ lines: [], waits: [{ key: `node@${hostIdOf('two')}` }] }])
  })

  it('with a fatal finding of settling is planned one round only', () => {
    const { phases, findings } = forecast(built.input, { runnersUp: [], findings: [{ level: 'fatal', said: { code: 'finding.to-sqlite', args: { cluster: 'home' } }, on: [] }] })
    expect(phases).toHaveLength(1)
    expect(findings).toHaveLength(1)
  })

  it('gives up where a wait ends in nothing', () => {
    const seed = hostIdOf('one')
    const input = withFacts(built.input, { [seed]: { ...settledFacts(built.input, seed), binary: null }, [hostIdOf('two')]: settledFacts(built.input, hostIdOf('two')) })
    const stuck = { ...input, settled: { ...input.settled, artifacts: {} } }
    const { findings } = forecast(withFacts(stuck, { [seed]: { k3s: null } }))
    expect(findings.map(({ said }) => said.code)).toContain('finding.unsettled')
  })
})

/** Some host in some state: away or silent, bare, half installed, running, failed. */
const anyHost = (random: () => number, index: number): HostView => {
  const pick = <T>(...values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0]
  const name = `h${index}`
  const labels = { role: pick('worker', 'server'), site: pick('a', 'b') }
  return buildHost({ name, ip: `10.0.0.${index + 1}`, labels, arch: pick('amd64', 'arm64'), online: random() > 0.2, measured: { memoryMb: pick(1024, 8192), cpus: pick(1, 8) } })
}

const anyFacts = (random: () => number, whole: HostFacts, role: Role): Partial<HostFacts> => {
  if (random() < 0.4) return BARE
  const k3s = {
    role,
    state: (['stopped', 'starting', 'active', 'failed'] as const)[Math.floor(random() * 4)] ?? 'active',
    wasActive: random() < 0.5,
    current: random() < 0.5,
    incarnation: 1,
  }
  return {
    binary: random() < 0.5 ? whole.binary : { version: 'v1.36.1+k3s1', sha256: 'e'.repeat(64) },
    config: random() < 0.5 ? whole.config : { text: 'older', overridden: {} },
    claim: random() < 0.8 ? whole.claim : null,
    k3s: whole.k3s === null || random() < 0.2 ? null : k3s,
    node: (['absent', 'notReady', 'ready', 'cordoned'] as const)[Math.floor(random() * 4)] ?? 'ready',
  }
}

describe('for random hosts in random states', () => {
  it.each(Array.from({ length: 150 }, (_, seed) => seed))('seed %i: the forecast settles, and the world that it describes is quiet', (seed) => {
    const random = randomFrom(seed + 1)
    const count = 1 + Math.floor(random() * 12)
    const spec = buildSpec({ servers: { count: 1, spread: 'site' }, agents: { select: random() < 0.5 ? {} : { role: 'worker' } }, options: random() < 0.5 ? {} : { debug: true } })
    const built = buildInput({ hosts: Array.from({ length: count }, (_, index) => anyHost(random, index)), spec })
    const ids = Object.keys(built.settled.roles) as HostId[]
    const facts = Object.fromEntries(ids.map((id) => [id, anyFacts(random, settledFacts(built.input, id), built.settled.roles[id] ?? 'agent')]))
    const requests = random() < 0.3 ? [{ id: `req-${'b'.repeat(16)}`, kind: random() < 0.5 ? 'kubeconfig' : 'delete-cluster', params: {}, askedBy: 'x', askedAt: 0, state: 'open' } as const] : []
    const input = freeze({ ...withFacts(built.input, facts, random() < 0.5 ? 'up' : 'down'), requests })
    const { findings, phases } = forecast(input)
    expect(findings.map(({ said }) => said.code)).not.toContain('finding.unsettled')
    expect(findings.map(({ said }) => said.code).filter((code) => ['finding.two-changes', 'finding.not-reachable', 'finding.not-first-last', 'finding.agents-first'].includes(code))).toEqual([])
    expect(phases.length).toBeLessThan(roundsOf(input))

    let { view } = input
    for (const { lines, waits } of phases) {
      view = applyEffects(view, lines.map(({ action }) => action), input.now)
      const assumed = [...waits, ...lines.flatMap((line) => line.waits)].map(({ assume }) => assume)
      view = applyPatches(view, assumed, input.now)
    }
    const left = planCluster({ ...input, view })
    expect(left.actions).toEqual([])
    expect(toleranceOf(view, input.settled).members).toBe(requests[0]?.kind === 'delete-cluster' ? 0 : 1)
  })
})
