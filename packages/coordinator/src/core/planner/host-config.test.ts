import { K3sConfigSchema, renderConfig } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { apiUrl } from './api-url.ts'
import { hostConfig } from './host-config.ts'

const hosts = [buildHost({ name: 'one' }), buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]
const spec = buildSpec({
  servers: { names: ['one'], taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
  agents: { select: { role: 'worker' }, labels: { tier: 'web', 'example.org/disk': 'ssd' } },
  apiEndpoint: 'k3s.example.org',
  tlsSans: ['203.0.113.7', '10.0.0.11'],
  options: { disable: ['traefik'], 'write-kubeconfig-mode': '600' },
})
const { input } = buildInput({ hosts, spec })

describe('the settings of a host', () => {
  it('of a server', () => {
    expect(hostConfig(input, hostIdOf('one'))).toEqual({
      'advertise-address': '10.0.0.11',
      'agent-token-file': '/etc/rancher/k3s/drover-agent-token',
      'cluster-cidr': '10.42.0.0/16',
      disable: ['traefik'],
      'flannel-iface': 'eth0',
      'node-ip': '10.0.0.11',
      'node-name': 'one',
      'node-taint': ['node-role.kubernetes.io/control-plane=:NoSchedule'],
      'service-cidr': '10.43.0.0/16',
      'tls-san': ['k3s.example.org', '10.0.0.11', '203.0.113.7'],
      'token-file': '/etc/rancher/k3s/drover-server-token',
      'write-kubeconfig-mode': '0600',
    })
  })

  it('of an agent: it never gets the server token', () => {
    expect(hostConfig(input, hostIdOf('two'))).toEqual({
      'flannel-iface': 'eth0',
      'node-ip': '10.0.0.12',
      'node-label': ['example.org/disk=ssd', 'tier=web'],
      'node-name': 'two',
      server: 'https://10.0.0.11:6443',
      'token-file': '/etc/rancher/k3s/drover-agent-token',
    })
  })

  it('are what a step takes, and say nothing that is no etcd cluster', () => {
    for (const name of ['one', 'two']) {
      const config = hostConfig(input, hostIdOf(name))
      expect(K3sConfigSchema.safeParse(config).success).toBe(true)
      expect(renderConfig(config)).not.toMatch(/cluster-init|etcd/)
    }
  })

  it('on etcd: the seed alone makes the cluster, the others join by it, and the seed has the same settings however many there are', () => {
    const three = ['one', 'two', 'three'].map((name, index) => buildHost({ name, ip: `10.0.0.${String(11 + index)}` }))
    const configsOf = (names: readonly string[]) => {
      const { input: large } = buildInput({ hosts: three, spec: buildSpec({ datastore: 'etcd', servers: { names: [...names] } }) })
      return names.map((name) => hostConfig({ ...large, settled: { ...large.settled, etcd: { heartbeatMs: 100, electionMs: 1_000 } } }, hostIdOf(name)))
    }
    const common = { 'etcd-arg': ['heartbeat-interval=100', 'election-timeout=1000'], 'etcd-disable-snapshots': true, 'token-file': '/etc/rancher/k3s/drover-server-token' }
    const [seed, ...others] = configsOf(['one', 'two', 'three'])
    expect(seed).toMatchObject({ ...common, 'cluster-init': true })
    expect(seed).not.toHaveProperty('server')
    for (const config of others) {
      expect(config).toMatchObject({ ...common, server: 'https://10.0.0.11:6443' })
      expect(config).not.toHaveProperty('cluster-init')
      expect(K3sConfigSchema.safeParse(config).success).toBe(true)
    }
    expect(configsOf(['one'])).toEqual([seed])
  })

  it('an IPv6 server is reached in brackets', () => {
    expect(apiUrl('fd00::11')).toBe('https://[fd00::11]:6443')
    expect(apiUrl('k3s.example.org')).toBe('https://k3s.example.org:6443')
  })
})
