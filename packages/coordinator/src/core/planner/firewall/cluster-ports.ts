import { type Admit, type ClusterSpec, datastoreOf, ETCD_PORTS, type Role } from '@drover/protocol'
import { optionsFor } from '../../spec/options.ts'

const KUBELET = 10_250
const API = 6_443
/** The peers of k3s's own registry find each other here (k3s docs, embedded registry mirror). */
const REGISTRY = 5_001

/** UDP ports that carry the pods of other nodes, by flannel's backend (k3s docs, inbound rules). */
const OVERLAY: Readonly<Record<string, readonly number[]>> = { vxlan: [8_472], 'wireguard-native': [51_820, 51_821] }

/** Ports by which etcd's members reach each other. */
const etcdPorts = (spec: ClusterSpec, role: Role): readonly number[] => (role === 'server' && datastoreOf(spec) === 'etcd' ? [ETCD_PORTS.client, ETCD_PORTS.peer] : [])

/**
 * What k3s's own table of inbound rules opens between nodes: etcd and the API on servers, the kubelet and the pod network on
 * all. With the embedded registry every node reaches 5001 and 6443 of every node.
 */
export const clusterPorts = (spec: ClusterSpec, role: Role): readonly Admit[] => {
  const options = optionsFor(spec, 'server')
  const registry = options['embedded-registry'] === true
  const tcp = [KUBELET, ...(role === 'server' || registry ? [API] : []), ...(registry ? [REGISTRY] : [])]
  const etcd = etcdPorts(spec, role)
  const udp = OVERLAY[String(options['flannel-backend'] ?? 'vxlan')] ?? []
  return [
    { from: 'nodes', proto: 'tcp', ports: tcp },
    ...(etcd.length > 0 ? [{ from: 'servers' as const, proto: 'tcp' as const, ports: [...etcd] }] : []),
    ...(udp.length > 0 ? [{ from: 'nodes' as const, proto: 'udp' as const, ports: [...udp] }] : []),
  ]
}

/** The ports of Services of type NodePort, as the API server is told them. */
export const nodePortRange = (spec: ClusterSpec): string => String(optionsFor(spec, 'server')['service-node-port-range'] ?? '30000-32767')

/** TCP ports of the cluster itself that must stay open on a host of a role. */
export const ownTcpPorts = (spec: ClusterSpec, role: Role): readonly number[] => (role === 'server' ? [...etcdPorts(spec, role), API, KUBELET] : [KUBELET])
