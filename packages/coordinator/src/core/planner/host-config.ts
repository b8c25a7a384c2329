import { type ClusterSpec, etcdArgs, type HostId, K3S, type K3sConfig, type PlanInput, type Role } from '@drover/protocol'
import { optionsFor } from '../spec/options.ts'
import { apiUrl } from './api-url.ts'
import { dataOf } from './data-of.ts'
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

/** Whose settings: `asMoved`, as they are once its data have gone from SQLite to etcd. */
type Of = { readonly id: HostId; readonly asMoved: boolean }

/**
 * The seed alone makes an etcd cluster, every other server joins it; k3s's own snapshots are off, and all members have one timing.
 * Once another server votes the seed names it: k3s ignores that while it has data, and joins by it where that was lost.
 */
const etcdKeys = (input: PlanInput, { id, asMoved }: Of): K3sConfig => {
  const { etcd, seed } = input.settled
  if (etcd === undefined) return {}
  // A boot with these would have k3s move its data without a copy: they are written by the step that moves it.
  if (id === seed && !asMoved && dataOf(input.view, seed) === 'sqlite') return {}
  return {
    ...(id === seed ? { 'cluster-init': true } : {}),
    ...serverKey(input, id),
    'etcd-disable-snapshots': true,
    'etcd-arg': etcdArgs(etcd),
  }
}

const serverKeys = (input: PlanInput, of: Of, ip: string): K3sConfig => {
  const { spec, settled } = input
  return {
    ...etcdKeys(input, of),
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

/** The settings of the seed once its data have gone from SQLite to etcd. */
export const movedConfig = (input: PlanInput): K3sConfig => configOf(input, { id: input.settled.seed, asMoved: true })

/**
 * Exactly what Drover's drop-in of one host says: node name, addresses, tokens by file name, ranges, labels, taints and
 * the spec's options for the role; where the datastore is etcd also how its member comes to be, but not while the seed's
 * data are still to be moved there.
 */
export const hostConfig = (input: PlanInput, id: HostId): K3sConfig => configOf(input, { id, asMoved: false })

const configOf = (input: PlanInput, of: Of): K3sConfig => {
  const { id } = of
  const role = input.settled.roles[id] ?? 'agent'
  const node = input.settled.node[id]
  const ip = node?.ip ?? ''
  return {
    ...optionsFor(input.spec, role),
    ...nodeKeys(input.spec, role),
    ...(role === 'server' ? serverKeys(input, of, ip) : agentKeys(input, id)),
    'node-name': input.view.hosts[id]?.name ?? id,
    'node-ip': ip,
    'flannel-iface': node?.iface ?? '',
  }
}
