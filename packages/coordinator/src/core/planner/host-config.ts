import { type ClusterSpec, etcdArgs, type HostId, K3S, type K3sConfig, type PlanInput, type Role } from '@drover/protocol'
import { optionsFor } from '../spec/options.ts'

/** An IPv6 address in brackets, anything else as it is. */
export const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** The URL that members and kubeconfigs reach the API by; k3s serves it on port 6443. */
export const apiUrl = (host: string): string => `https://${urlHost(host)}:6443`

const partOf = (spec: ClusterSpec, role: Role): ClusterSpec['servers'] | NonNullable<ClusterSpec['agents']> =>
  role === 'server' ? spec.servers : (spec.agents ?? {})

const nodeKeys = (spec: ClusterSpec, role: Role): K3sConfig => {
  const { labels = {}, taints = [] } = partOf(spec, role)
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return {
    ...(pairs.length > 0 ? { 'node-label': pairs.toSorted() } : {}),
    ...(taints.length > 0 ? { 'node-taint': taints.map((taint) => `${taint.key}=${taint.value}:${taint.effect}`) } : {}),
  }
}

const seedUrl = ({ settled: { node, seed, apiEndpoint } }: PlanInput): string => apiUrl(node[seed]?.ip ?? apiEndpoint)

/** The seed alone makes an etcd cluster, every other server joins by it; k3s's own snapshots are off, and all members have one timing. */
const etcdKeys = (input: PlanInput, id: HostId): K3sConfig => {
  const { etcd, seed } = input.settled
  if (etcd === undefined) return {}
  return {
    ...(id === seed ? { 'cluster-init': true } : { server: seedUrl(input) }),
    'etcd-disable-snapshots': true,
    'etcd-arg': etcdArgs(etcd),
  }
}

const serverKeys = (input: PlanInput, id: HostId, ip: string): K3sConfig => {
  const { spec, settled } = input
  return {
    ...etcdKeys(input, id),
    'advertise-address': ip,
    'tls-san': [...new Set([settled.apiEndpoint, ip, ...spec.tlsSans])],
    'token-file': K3S.serverToken,
    'agent-token-file': K3S.agentToken,
    'cluster-cidr': spec.network.pods,
    'service-cidr': spec.network.services,
    'write-kubeconfig-mode': '0600',
  }
}

const agentKeys = (input: PlanInput): K3sConfig => ({
  server: seedUrl(input),
  'token-file': K3S.agentToken,
})

/**
 * Exactly what Drover's drop-in of one host says: node name, addresses, tokens by file name, ranges, labels, taints and
 * the spec's options for the role; where the datastore is etcd also how its member comes to be.
 */
export const hostConfig = (input: PlanInput, id: HostId): K3sConfig => {
  const role = input.settled.roles[id] ?? 'agent'
  const node = input.settled.node[id]
  const ip = node?.ip ?? ''
  return {
    ...optionsFor(input.spec, role),
    ...nodeKeys(input.spec, role),
    ...(role === 'server' ? serverKeys(input, id, ip) : agentKeys(input)),
    'node-name': input.view.hosts[id]?.name ?? id,
    'node-ip': ip,
    'flannel-iface': node?.iface ?? '',
  }
}
