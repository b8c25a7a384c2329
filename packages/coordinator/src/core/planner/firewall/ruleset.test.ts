import { admits, type ClusterSpecSchema, type PlanInput, type Ruleset, rulesDigest } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { desiredFirewall } from './ruleset.ts'

type SpecPatch = Partial<z.input<typeof ClusterSpecSchema>>

const ADMIN = '198.51.100.7'
const STRANGER = '203.0.113.77'
const hosts = [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]
const firewall = { admins: ['198.51.100.0/24'], expose: [{ ports: [80, 443], to: 'anyone', on: 'agents' }] } as const
const inputWith = (patch: SpecPatch = {}): PlanInput => buildInput({ hosts, spec: buildSpec({ firewall: { ...firewall, expose: firewall.expose.map((one) => ({ ...one, ports: [...one.ports] })), admins: [...firewall.admins] }, ...patch }) }).input
const rulesOf = (input: PlanInput, name: string): Ruleset => {
  const desired = desiredFirewall(input, hostIdOf(name))
  if (desired === null) throw new Error('no rules')
  return desired.ruleset
}
const open = (ruleset: Ruleset, from: string, proto: 'tcp' | 'udp' = 'tcp'): readonly number[] =>
  [22, 80, 443, 2379, 5001, 6443, 8443, 8472, 10_250, 30_080, 51_820].filter((port) => admits(ruleset, { from, proto, port }))

describe('the firewall of two VPSes', () => {
  const input = inputWith()

  it('is open on the server as its table says: SSH to admins, API and kubelet to nodes', () => {
    const ruleset = rulesOf(input, 'one')
    expect([open(ruleset, ADMIN), open(ruleset, '10.0.0.12'), open(ruleset, '10.0.0.12', 'udp'), open(ruleset, STRANGER), open(ruleset, STRANGER, 'udp')]).toEqual([[22], [6443, 10_250], [8472], [], []])
  })

  it('is open on the worker as its table says: HTTP to anyone', () => {
    const ruleset = rulesOf(input, 'two')
    expect([open(ruleset, ADMIN), open(ruleset, '10.0.0.11'), open(ruleset, '10.0.0.11', 'udp'), open(ruleset, STRANGER), open(ruleset, STRANGER, 'udp')]).toEqual([[22, 80, 443], [80, 443, 10_250], [8472], [80, 443], []])
  })

  it('is the same for the same input, and names the ports that somebody must reach', () => {
    const again = inputWith()
    expect(desiredFirewall(again, hostIdOf('one'))).toEqual(desiredFirewall(input, hostIdOf('one')))
    expect(desiredFirewall(input, hostIdOf('one'))).toBe(desiredFirewall(input, hostIdOf('one')))
    expect([desiredFirewall(input, hostIdOf('one'))?.keep, desiredFirewall(input, hostIdOf('two'))?.keep]).toEqual([[22, 6443, 10_250], [22, 10_250]])
    expect(desiredFirewall(input, hostIdOf('one'))?.rules).toBe(rulesDigest(rulesOf(input, 'one')))
  })

  it('keeps pods and services off the guarded interfaces', () => expect(rulesOf(input, 'one')).toMatchObject({ guarded: ['eth0'], overlay: ['10.42.0.0/15'] }))

  it('is none where the spec has none', () => expect(desiredFirewall(buildInput({ hosts }).input, hostIdOf('one'))).toBeNull())
})

describe('what the spec opens besides', () => {
  it('opens the ports of the embedded registry on every node, with the API', () => {
    expect(open(rulesOf(inputWith({ options: { 'embedded-registry': true } }), 'two'), '10.0.0.11')).toEqual([80, 443, 5001, 6443, 10_250])
  })

  it('opens the port of wireguard-native instead of that of vxlan', () => {
    expect(open(rulesOf(inputWith({ options: { 'flannel-backend': 'wireguard-native' } }), 'two'), '10.0.0.11', 'udp')).toEqual([51_820])
  })

  it('opens NodePorts to whom it says, also in a range of their own', () => {
    const to = (nodePorts: 'anyone' | 'nodes', options = {}) => rulesOf(inputWith({ firewall: { admins: ['198.51.100.0/24'], nodePorts }, options }), 'two')
    expect([open(to('anyone'), STRANGER), open(to('anyone'), STRANGER, 'udp'), open(to('nodes'), STRANGER)]).toEqual([[30_080], [30_080], []])
    expect(open(to('anyone', { 'service-node-port-range': '8100-8460' }), STRANGER)).toEqual([8443])
  })

  it('leaves the port of the coordinator open to nodes and admins where it runs on that host', () => {
    const input = inputWith()
    const { firewall: settled } = input.settled
    const id = hostIdOf('one')
    if (settled === undefined) throw new Error('not settled')
    const ruleset = rulesOf({ ...input, settled: { ...input.settled, firewall: { ...settled, hosts: { ...settled.hosts, [id]: { guarded: ['eth0'], coordinator: 8443 } } } } }, 'one')
    expect([open(ruleset, ADMIN), open(ruleset, '10.0.0.12'), open(ruleset, STRANGER)]).toEqual([[22, 8443], [6443, 8443, 10_250], []])
  })
})
