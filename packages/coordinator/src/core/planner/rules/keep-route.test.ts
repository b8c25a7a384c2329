import { type HostFacts, type PlanInput, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { settledFacts, withFacts } from '@drover/test/kit/builders/member.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { chooseAddress } from '../address.ts'
import { hostConfig } from '../host-config.ts'
import { planCluster } from '../plan-cluster.ts'

const ONE = hostIdOf('one')
const spec = buildSpec({ agents: undefined, network: { node: '10.0.0.0/24' } })
const measured = { defaultInterface: null, addresses: [{ iface: 'lan0', ip: '10.0.0.11', prefix: 24, dynamic: false }] }
const { input } = buildInput({ hosts: [buildHost({ name: 'one', measured, facts: { route: 'none' } })], spec })
const stopped: Partial<HostFacts> = { ...settledFacts(input, ONE), k3s: { role: 'server', state: 'stopped', wasActive: false, current: false, incarnation: 1 }, node: 'absent' }
const kinds = (of: PlanInput, facts: Partial<HostFacts>): readonly string[] => planCluster(withFacts(of, { [ONE]: facts })).actions.map(({ kind }) => kind)

describe('a default route', () => {
  it('is made where there is none, after the binary and before k3s', () => {
    expect(kinds(input, {})).toEqual(['binary.install'])
    expect(kinds(input, { binary: stopped.binary ?? null })).toEqual(['k3s.config', 'route.keep'])
    const lacking = withFacts(input, { [ONE]: { ...stopped, route: 'none' } })
    const plan = planCluster(lacking)
    expect(plan.actions.map(({ kind, params }) => ({ kind, params }))).toEqual([{ kind: 'route.keep', params: { services: '10.43.0.0/16', iface: 'lan0' } }])
    expect(plan.waits.map(({ reason }) => render(reason))).toEqual(['being prepared: default route'])
    expect(plan.findings).toEqual([])
  })

  it.each(['ours', 'real'] as const)('that is %s is enough', (route) => expect(kinds(input, { ...stopped, route })).toEqual(['k3s.start']))

  it('is no matter of a cluster of IPv6', () => {
    const six = { ...input, spec: { ...input.spec, network: { ...input.spec.network, pods: 'fd02::/48', services: 'fd03::/112' } } }
    expect(kinds(six, { ...stopped, route: 'none' })).not.toContain('route.keep')
  })

  it('is not what k3s takes its addresses from: all three are named', () => {
    expect(hostConfig(input, ONE)).toMatchObject({ 'node-ip': '10.0.0.11', 'flannel-iface': 'lan0', 'advertise-address': '10.0.0.11' })
  })

  it('that was made gives no node its address', () => {
    const made = { iface: 'drover-route', ip: '203.0.113.254', prefix: 31, dynamic: false }
    const host = buildHost({ name: 'one', measured: { defaultInterface: 'drover-route', addresses: [made] } })
    for (const network of [undefined, 'drover-route', '203.0.113.0/24']) expect(chooseAddress(host, { network, family: 4 })).toBeNull()
  })
})
