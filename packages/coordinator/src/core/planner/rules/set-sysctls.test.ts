import { type HostFacts, KUBELET_SYSCTLS, NO_SYSCTLS, type PlanInput, render, type Request } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, settledInput, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { planCluster } from '../plan-cluster.ts'

const ONE = hostIdOf('one')
const TWO = hostIdOf('two')
const hosts = [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]
const flag = { 'protect-kernel-defaults': true }
const bare = buildInput({ hosts, spec: buildSpec({ options: flag }) }).input
const ready = settledInput(bare)
const kept = { ...NO_SYSCTLS, now: KUBELET_SYSCTLS, kept: KUBELET_SYSCTLS }

const done = (input: PlanInput): readonly string[] => planCluster(input).actions.map(({ kind, host }) => `${kind} ${input.view.hosts[host]?.name ?? host}`)
const whyOf = (input: PlanInput): readonly string[] => planCluster(input).actions.flatMap(({ kind, why }) => (kind === 'sysctl.set' ? [render(why)] : []))
const withBinary = (facts: Partial<HostFacts>): Partial<HostFacts> => ({ binary: settledFacts(bare, ONE).binary ?? null, ...facts })

describe('kernel values', () => {
  it('are set once the binary is there, before k3s starts', () => {
    expect(done(bare)).toEqual(['binary.install one', 'binary.install two'])
    const input = withFacts(bare, { [ONE]: withBinary({}) })
    expect(done(input)).toEqual(['binary.install two', 'sysctl.set one', 'k3s.config one'])
    expect(planCluster(input).actions.find(({ kind }) => kind === 'sysctl.set')?.params).toEqual({ values: KUBELET_SYSCTLS })
    const stopped = { ...settledFacts(bare, ONE), k3s: null, sysctls: NO_SYSCTLS }
    const waiting = planCluster(withFacts(bare, { [ONE]: stopped }))
    expect(waiting.actions.map(({ kind }) => kind)).not.toContain('k3s.start')
    expect(waiting.waits.map(({ reason }) => render(reason))).toContain('being prepared: kernel values')
    expect(done(withFacts(bare, { [ONE]: { ...stopped, sysctls: kept } }))).toContain('k3s.start one')
  })

  it('are told with what the host has', () => {
    const now = { ...KUBELET_SYSCTLS, 'kernel.panic': 7 }
    expect(whyOf(withFacts(ready, { [ONE]: { sysctls: { ...kept, now } } }))).toEqual(['protect-kernel-defaults needs it, one has kernel.panic = 7'])
    expect(whyOf(withFacts(ready, { [ONE]: { sysctls: { ...kept, kept: {} } } }))).toEqual(['protect-kernel-defaults needs it, one has it now but not after a boot'])
    expect(whyOf(withFacts(ready, { [TWO]: { sysctls: NO_SYSCTLS } }))[0]).toContain('two has vm.overcommit_memory = unknown')
  })

  it('are nobody’s matter where the flag is off, or on for the other role', () => {
    const of = (spec: PlanInput['spec']): readonly string[] => done(withFacts(settledInput({ ...bare, spec }), { [ONE]: { sysctls: NO_SYSCTLS }, [TWO]: { sysctls: NO_SYSCTLS } }))
    expect(of(buildSpec())).toEqual([])
    expect(of(buildSpec({ agentOptions: flag }))).toEqual(['sysctl.set two'])
    expect(of(buildSpec({ serverOptions: flag }))).toEqual(['sysctl.set one'])
    expect(of(buildSpec({ options: flag, agentOptions: { 'protect-kernel-defaults': false } }))).toEqual(['sysctl.set one'])
  })

  it('are given back by a deletion also where nothing else was done yet', () => {
    const request: Request = { id: `req-${'a'.repeat(16)}`, kind: 'delete-cluster', params: {}, askedBy: 'anna', askedAt: 0, state: 'open' }
    const input = { ...bare, requests: [request] }
    expect(done(input)).toEqual([])
    expect(done(withFacts(input, { [TWO]: { sysctls: kept } }))).toEqual(['k3s.uninstall two'])
  })
})
