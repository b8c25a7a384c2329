import { type HostFacts, type PlanInput, render, schedulesText } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { planCluster } from '../plan-cluster.ts'
import { setSchedule } from './set-schedule.ts'
import { wantedSchedules } from '../wanted-schedules.ts'

const ONE = hostIdOf('one')
const hosts = [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]
const inputOf = (snapshots: Parameters<typeof buildSpec>[0] = {}): PlanInput => settledInput(buildInput({ hosts, spec: buildSpec(snapshots) }).input)
const without = (input: PlanInput, facts: Partial<HostFacts> = { schedule: null }): PlanInput => withFacts(input, { [ONE]: facts })
const told = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, host, why }) => `${kind} ${input.view.hosts[host]?.name ?? ''}: ${render(why)}`)

describe('set-schedule', () => {
  it('gives a server that is up the schedule of the spec, which is on from the first minute', () => {
    const input = inputOf()
    expect(told(input)).toEqual([])
    expect(told(without(input))).toEqual(['schedule.set one: one does not keep the schedule of the spec'])
    expect(planCluster(without(input)).actions[0]).toMatchObject({ class: 'prepare', change: null, params: { cluster: 'home', schedules: wantedSchedules(input.spec, 0) } })
  })

  it('gives another one where the spec says so, and takes it off', () => {
    const input = inputOf({ snapshots: { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', keep: 3 } })
    expect(told(without(input, { schedule: schedulesText(wantedSchedules(inputOf().spec, 0)) }))).toHaveLength(1)
    const none = inputOf({ snapshots: false })
    expect(told(none)).toEqual([])
    expect(told(without(none, { schedule: schedulesText(wantedSchedules(inputOf().spec, 0)) }))).toEqual(['schedule.set one: one keeps a schedule that the spec no longer has'])
  })

  it('waits until the server is up, also where it went away on its way up: nothing else waits for it', () => {
    const input = without(inputOf())
    expect(told(withFacts(input, {}, 'down'))).toEqual([])
    const { value } = input.view.hosts[ONE]?.facts.k3s ?? {}
    const coming = without(input, { k3s: value ? { ...value, state: 'starting' } : null })
    expect(told(coming)).not.toContain('schedule.set one: one does not keep the schedule of the spec')
    const { hosts: seen } = coming.view
    const away = { ...coming, view: { ...coming.view, hosts: { ...seen, [ONE]: { ...(seen[ONE] ?? buildHost({ name: 'one' })), online: { value: false, seenAt: coming.now } } } } }
    expect(setSchedule.decide(away)).toMatchObject({ kind: 'wait', waits: [{ key: `offline@${ONE}` }] })
    expect(told(without(input, { k3s: value ? { ...value, state: 'stopped', wasActive: true, current: true } : null }))).not.toContain('schedule.set one: one does not keep the schedule of the spec')
    expect(told(without(input, { claim: null }))).not.toContain('schedule.set one: one does not keep the schedule of the spec')
  })

  it('delays what comes at most hourly, so that many clusters do not write at once', () => {
    expect(wantedSchedules(inputOf().spec, 0)).toMatchObject([{ name: 'snapshot', jitterS: 300 }])
    expect(wantedSchedules(inputOf({ snapshots: { schedule: '*/5 * * * *' } }).spec, 0)).toMatchObject([{ jitterS: 0 }])
  })
})
