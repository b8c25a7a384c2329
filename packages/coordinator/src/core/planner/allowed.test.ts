import type { Action, Forecast, HostId, Run } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { settledFacts, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { describe, expect, it } from 'vitest'
import { startRun, transitionRun } from '../run/run.ts'
import { allowed, type Held, judgeAll, toleratedBefore } from './allowed.ts'
import { forecast } from './forecast.ts'
import { planCluster } from './plan-cluster.ts'

const built = buildInput({ hosts: [buildHost({ name: 'one' })] })
const predicted = forecast(built.input, built)
const actionsOf = ({ phases }: Forecast): readonly Action[] => phases.flatMap(({ lines }) => lines.map(({ action }) => action))
const [install, , start] = actionsOf(predicted)
if (install === undefined || start === undefined) throw new Error('the forecast is not as expected')
const run = startRun('run-1', 'fc')
const held = (patch: Partial<Held> = {}): Held => ({ run, forecast: predicted, tolerates: 0, now: 0, ...patch })
const sent = (count: number): Run => Array.from({ length: count }).reduce<Run>((one) => transitionRun(one, { kind: 'sent', key: install.key }), run)

describe('an action of the forecast', () => {
  it('is what was approved, once; then up to three retries; then a person is asked', () => {
    expect([0, 1, 2, 3, 4, 5].map((count) => allowed(install, held({ run: sent(count) })))).toEqual(['yes', 'retry', 'retry', 'retry', 'ask', 'ask'])
  })

  it('that it holds twice may be sent twice', () => {
    const [phase] = predicted.phases
    const twice = { ...predicted, phases: phase === undefined ? [] : [phase, ...predicted.phases] }
    expect([0, 1, 2].map((count) => allowed(install, held({ run: sent(count), forecast: twice })))).toEqual(['yes', 'yes', 'retry'])
  })

  it.each(['asking', 'failed', 'cancelled', 'superseded', 'done'] as const)('is held back while the run is %s', (kind) => {
    const said = { code: 'run.done', args: {} } as const
    const state = kind === 'asking' || kind === 'failed' ? { kind, said } : kind === 'done' ? { kind } : { kind, by: 'anna' }
    expect(allowed(install, held({ run: { ...run, state } }))).toBe('ask')
  })

  it('says what was tolerated before it, and nothing of an action that is not there', () => {
    expect(toleratedBefore(install, predicted)).toBe(0)
    expect(toleratedBefore({ ...install, key: 'other' as typeof install.key }, predicted)).toBeNull()
  })

  it('is judged alike alone and among all others', () => {
    const all = actionsOf(predicted)
    expect(judgeAll(all, held({ run: sent(2) }))).toEqual(all.map((action) => ({ action, verdict: allowed(action, held({ run: sent(2) })) })))
  })

  it('that writes settings may name another server than was forecast, and nothing else', () => {
    const config = actionsOf(predicted).find(({ kind }) => kind === 'k3s.config')
    const { config: settings, ...rest } = (config?.params ?? {}) as { readonly config: object }
    const other = (more: object): Action => ({ ...(config ?? install), key: `k3s.config@${JSON.stringify(more)}`, params: { ...rest, config: { ...settings, ...more } } as Action['params'] })
    expect([{ server: 'https://10.0.0.12:6443' }, { debug: true }].map((more) => allowed(other(more), held()))).toEqual(['yes', 'ask'])
  })

  it('goes on while the run waits', () => expect(allowed(install, held({ run: { ...run, state: { kind: 'waiting' } } }))).toBe('yes'))

  it('that changes a server is held back while fewer failures are tolerated than was forecast', () => {
    const [first, second, ...rest] = predicted.phases
    const prepare = [first, second].flatMap((phase) => (phase === undefined ? [] : [{ ...phase, lines: phase.lines.map((line) => ({ ...line, tolerates: 1 })) }]))
    const tolerant: Forecast = { ...predicted, phases: [...prepare, ...rest] }
    expect(allowed(start, held({ forecast: tolerant, tolerates: 0 }))).toBe('ask')
    expect(allowed(start, held({ forecast: tolerant, tolerates: 1 }))).toBe('yes')
    expect(allowed(install, held({ forecast: tolerant, tolerates: 0 }))).toBe('yes')
  })
})

describe('an action that was not forecast', () => {
  it('asks: other params are another action', () => {
    const hosts = Object.fromEntries(Object.keys(built.settled.roles).map((id) => [id, { binary: settledFacts(built.input, id as HostId).binary }]))
    const other = { ...withFacts(built.input, hosts), spec: { ...built.input.spec, options: { debug: true } } }
    const config = planCluster(other).actions.find(({ kind }) => kind === 'k3s.config')
    expect(config === undefined ? null : allowed(config, held())).toBe('ask')
  })

  it('asks where there is no approval at all', () => {
    expect(allowed(install, held({ run: null, forecast: null }))).toBe('ask')
  })

  it('is allowed where it only reads for somebody who asked, with or without a run', () => {
    const read: Action = { ...install, key: 'kubeconfig.read@x#{}', class: 'observe', params: { request: 'req' } }
    expect(allowed(read, held())).toBe('yes')
    expect(allowed(read, held({ run: null, forecast: null }))).toBe('yes')
    expect(allowed({ ...read, params: {} }, held())).toBe('ask')
    expect(allowed({ ...read, key: 'snapshot.take@x#{}', class: 'prepare' }, held({ run: null, forecast: null }))).toBe('yes')
    expect(allowed({ ...read, class: 'destroy' }, held())).toBe('ask')
    const spent = { ...run, spent: { [read.key]: { sent: 4, done: 0, failed: 4 } } }
    expect(allowed(read, held({ run: spent }))).toBe('ask')
  })
})
