import { describe, expect, it } from 'vitest'
import { parseSpec } from '../parse-spec.ts'

const faults = (firewall: string, more = ''): readonly string[] =>
  parseSpec(`cluster: home\nk3s: { version: v1.36.2+k3s1 }\nservers: { names: [one] }\nfirewall: ${firewall}\n${more}`).faults.map(
    ({ line, path, reason, nearest }) => `${String(line)} ${path}: ${reason}${nearest === null ? '' : ` (${nearest}?)`}`,
  )

describe('a firewall in the spec', () => {
  it('is read with its defaults', () => {
    const { spec } = parseSpec('cluster: home\nk3s: { version: v1.36.2+k3s1 }\nservers: { names: [one] }\nfirewall: { admins: [198.51.100.0/24, "2001:db8::/48"] }\n')
    expect(spec?.firewall).toEqual({ admins: ['198.51.100.0/24', '2001:db8::/48'], ssh: [22], expose: [], nodePorts: 'none', window: 60 })
  })

  it.each([
    ['{ admins: [] }', /^4 firewall\.admins: must be a list of networks/],
    ['{ admins: [198.51.100.7/24] }', /^4 firewall\.admins\.0: has host bits set/],
    ['{ admins: [198.51.100.0/24, 198.51.100.0/24] }', /^4 firewall\.admins\.1: the network stands here twice/],
    ['{ admins: [10.42.0.0/24] }', /^4 firewall\.admins\.0: overlaps network\.pods 10\.42\.0\.0\/16/],
    ['{ admins: [198.51.100.0/24], exposed: [] }', /^4 firewall\.exposed: is not known here; .* \(expose\?\)$/],
    ['{ admins: [198.51.100.0/24], expose: [{ ports: [80], to: all }] }', /^4 firewall\.expose\.0\.to: /],
    ['{ admins: [198.51.100.0/24], expose: [{ port: 80, to: anyone }] }', /firewall\.expose\.0\.port: is not known here; .* \(ports\?\)$/m],
    ['{ admins: [198.51.100.0/24], expose: [{ ports: [90-80], to: anyone }] }', /^4 firewall\.expose\.0\.ports\.0: must be a port/],
    ['{ admins: [198.51.100.0/24], expose: [{ ports: [80, 10000-11000], to: anyone }] }', /^4 firewall\.expose\.0\.ports\.1: would open 10250\/tcp to anyone/],
    ['{ admins: [198.51.100.0/24], expose: [{ ports: [8472], proto: udp, to: anyone }] }', /^4 firewall\.expose\.0\.ports\.0: would open 8472\/udp to anyone/],
    ['{ admins: [198.51.100.0/24], window: 5 }', /^4 firewall\.window: /],
  ])('%s is refused', (text, expected) => expect(faults(text).join('\n')).toMatch(expected))

  it('does not go with a pod network that is not wrapped', () => {
    expect(faults('{ admins: [198.51.100.0/24] }', 'options: { flannel-backend: host-gw }\n')).toEqual([expect.stringMatching(/^5 options\.flannel-backend: cannot be used with firewall/)])
    expect(faults('{ admins: [198.51.100.0/24] }', 'serverOptions: { flannel-backend: none }\n')).toEqual([expect.stringMatching(/^5 serverOptions\.flannel-backend: /)])
  })

  it('does not open the range of NodePorts to anyone where the pod network lies in it', () => {
    expect(faults('{ admins: [198.51.100.0/24], nodePorts: anyone }', 'options: { service-node-port-range: 8000-8999 }\n')).toEqual([expect.stringMatching(/^4 firewall\.nodePorts: would open 8472\/udp to anyone/)])
    expect(faults('{ admins: [198.51.100.0/24], nodePorts: nodes }', 'options: { service-node-port-range: 8000-8999 }\n')).toEqual([])
  })

  it('may open 6443, and internal ports to those who are no strangers', () => {
    expect(faults('{ admins: [0.0.0.0/0], expose: [{ ports: [6443], to: anyone }, { ports: [10250], to: admins }] }')).toEqual([])
  })
})
