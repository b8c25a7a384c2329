import { type ClusterSpec, etcdArgs, type HostId, K3S, type K3sConfig, type PlanInput, type Role } from '@drover/protocol'
import { optionsFor } from '../spec/options.ts'
import { apiUrl } from './api-url.ts'
import { registrarOf } from './registrar.ts'

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

/** The URL that a host joins by; null for a seed beside which nobody votes yet. */
export const joinUrl = (input: PlanInput, id: HostId): string | null => {
  const { node, apiEndpoint } = input.settled
  const registrar = registrarOf(input, id)
  return registrar === null ? null : apiUrl(node[registrar]?.ip ?? apiEndpoint)
}

const serverKey = (input: PlanInput, id: HostId): K3sConfig => {
  const url = joinUrl(input, id)
  return url === null ? {} : { server: url }
}

/**
 * The seed alone makes an etcd cluster, every other server joins it; k3s's own snapshots are off, and all members have one timing.
 * Once another server votes the seed names it: k3s ignores that while it has data, and joins by it where that was lost.
 */
const etcdKeys = (input: PlanInput, id: HostId): K3sConfig => {
  const { etcd, seed } = input.settled
  if (etcd === undefined) return {}
  return {
    ...(id === seed ? { 'cluster-init': true } : {}),
    ...serverKey(input, id),
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

const agentKeys = (input: PlanInput, id: HostId): K3sConfig => ({
  ...serverKey(input, id),
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
    ...(role === 'server' ? serverKeys(input, id, ip) : agentKeys(input, id)),
    'node-name': input.view.hosts[id]?.name ?? id,
    'node-ip': ip,
    'flannel-iface': node?.iface ?? '',
  }
}
