import { type HostFacts, type HostId, type OpenOrder, type PlanInput } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { startRun } from '../../run/run.ts'
import { allowed } from '../allowed.ts'
import { forecast } from '../forecast.ts'
import { planCluster } from '../plan-cluster.ts'

const NAMES = ['one', 'two', 'three']
const [ONE, TWO, THREE] = NAMES.map(hostIdOf) as [HostId, HostId, HostId]
const built = buildInput({ hosts: NAMES.map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` })), spec: buildSpec({ servers: { names: NAMES } }) })
const whole = settledInput(built.input)
const stopped = { role: 'server', state: 'stopped', wasActive: false, current: false, incarnation: 1 } as const
const prepared = (id: HostId): Partial<HostFacts> => ({ ...settledFacts(whole, id), k3s: stopped, etcd: 'none', listed: 'none', node: 'absent' })
const learner: Partial<HostFacts> = { ...prepared(TWO), k3s: { ...stopped, state: 'starting', current: true }, etcd: 'learner', listed: 'learner' }
const joining = withFacts(whole, { [TWO]: learner, [THREE]: prepared(THREE) })
const NOW = 100_000
/** Everything was seen just now, but for one host that is away since then. */
const awaySince = (input: PlanInput, id: HostId, since: number): PlanInput => {
  const hosts = Object.entries(input.view.hosts).map(([key, host]) => [key, { ...host, online: key === id ? { value: false, seenAt: since } : { value: true, seenAt: NOW }, facts: Object.fromEntries(Object.entries(host.facts).map(([name, fact]) => [name, { ...fact, seenAt: NOW }])) }])
  return { ...input, now: NOW, view: { ...input.view, hosts: Object.fromEntries(hosts) as PlanInput['view']['hosts'], facts: { ...input.view.facts, api: { value: 'up', seenAt: NOW } } } }
}
const open: readonly OpenOrder[] = [{ key: `k3s.start@${TWO}#{}`, host: TWO, class: 'membership', change: TWO, endedAt: null }]
const does = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, host, change }) => `${kind} ${input.view.hosts[host]?.name ?? ''}${change === null || change === host ? '' : ` for ${input.view.hosts[change]?.name ?? ''}`}`)
const fatal = (input: PlanInput): readonly string[] => planCluster(input).findings.filter(({ level }) => level === 'fatal').map(({ said: { code } }) => code)

describe('a learner whose host is away', () => {
  it('stays for a minute, then it is taken out, although its start has not ended', () => {
    expect(does({ ...awaySince(joining, TWO, NOW - 59_000), open })).toEqual(['etcd.promote one for two'])
    const input = { ...awaySince(joining, TWO, NOW - 60_000), open }
    expect([does(input), fatal(input)]).toEqual([['etcd.remove one for two'], []])
  })

  it('holds nobody up once it is out: the next one joins', () => {
    const input = { ...awaySince(withFacts(joining, { [TWO]: { listed: 'none' } }), TWO, NOW - 70_000), open }
    expect([does(input), fatal(input)]).toEqual([['k3s.start three', 'etcd.promote one for three'], []])
  })

  it('joins anew when it is back and nobody is starting it there', () => {
    const back = withFacts(joining, { [TWO]: { listed: 'none', etcd: 'none' } })
    expect(does({ ...back, open })).toEqual([])
    expect(does(back)).toEqual(['k3s.start two', 'etcd.promote one for two'])
  })

  it('is not taken out while it is there, nor is a voter', () => {
    expect(does({ ...joining, open })).toEqual(['etcd.promote one for two'])
    expect(does(awaySince(withFacts(whole, {}), TWO, 0))).toEqual([])
  })

  it('of which nothing is left on its host is taken out at once', () => expect(does(withFacts(joining, { [TWO]: { k3s: null, etcd: 'none', config: null } }))).toContain('etcd.remove one for two'))
})

describe('the removal of a stuck learner', () => {
  const [removal] = planCluster(awaySince(joining, TWO, 0)).actions
  if (removal === undefined) throw new Error('no removal')
  const predicted = forecast(built.input, built)
  const run = startRun('run-1', 'fc')

  it('was approved along with the joins, as often as a retry', () => {
    expect(predicted.ifItFails).toEqual({ retries: 3, removesLearner: true })
    expect(allowed(removal, { run, forecast: predicted, tolerates: 0, now: 0 })).toBe('compensation')
    expect(allowed(removal, { run: { ...run, spent: { [removal.key]: { sent: 3, done: 3, failed: 0 } } }, forecast: predicted, tolerates: 0, now: 0 })).toBe('ask')
  })

  it('is asked for where the approval says nothing of it, or the member votes', () => {
    expect(allowed(removal, { run, forecast: { ...predicted, ifItFails: { retries: 3 } }, tolerates: 0, now: 0 })).toBe('ask')
    const any = { ...removal, params: { ...(removal.params as object), only: 'any' } as typeof removal.params }
    expect(allowed(any, { run, forecast: predicted, tolerates: 0, now: 0 })).toBe('ask')
  })

  it('is on a server that votes', () => expect(removal.host).toBe(ONE))
})
