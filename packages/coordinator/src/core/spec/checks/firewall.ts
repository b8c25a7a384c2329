import { type ClusterSpec, overlaps, parseCidr } from '@drover/protocol'
import type { Wrong } from '../fault.ts'
import { optionsFor } from '../options.ts'

type Firewall = NonNullable<ClusterSpec['firewall']>

/** Ports that would hand the cluster to whoever reaches them: etcd, kubelet, pod network, k3s's own registry. */
const NEVER_OPEN = { tcp: [2379, 2380, 5001, 10250], udp: [8472, 51820, 51821] } as const

/** The pod networks that arrive as they are, not wrapped between nodes, cannot be told from strangers' packets. */
const UNGUARDED: readonly unknown[] = ['host-gw', 'none']

const boundsOf = (port: number | string): readonly [first: number, last: number] => {
  const [first = 0, last = first] = String(port).split('-').map(Number)
  return [first, last]
}

const checkAdmins = ({ firewall, network }: ClusterSpec): readonly Wrong[] =>
  (firewall?.admins ?? []).flatMap((text, index, all) => {
    const path = ['firewall', 'admins', index]
    const cidr = parseCidr(text)
    if (cidr === null) return []
    if (cidr.base !== cidr.address) return [{ path, value: text, reason: 'has host bits set: give the first address of the network' }]
    const own = (['pods', 'services'] as const).find((field) => overlaps(text, network[field]) && cidr.prefix > 0)
    if (own !== undefined) return [{ path, value: text, reason: `overlaps network.${own} ${network[own]}: nobody works from there` }]
    return all.indexOf(text) < index ? [{ path, value: text, reason: 'the network stands here twice' }] : []
  })

const reasonAgainst = (port: number | string, { proto, to }: Pick<Firewall['expose'][number], 'proto' | 'to'>): string | null => {
  const [first, last] = boundsOf(port)
  if (last > 65_535 || last < first) return 'must be a port from 1 to 65535, or a range whose first port is not above its last'
  const own = NEVER_OPEN[proto].find((one) => first <= one && one <= last)
  if (to !== 'anyone' || own === undefined) return null
  return `would open ${String(own)}/${proto} to anyone, who could then take over nodes or read their traffic: leave it out, nodes reach it anyway`
}

const checkExposed = ({ firewall }: ClusterSpec): readonly Wrong[] =>
  (firewall?.expose ?? []).flatMap((exposed, at) =>
    exposed.ports.flatMap((port, index) => {
      const reason = reasonAgainst(port, exposed)
      return reason === null ? [] : [{ path: ['firewall', 'expose', at, 'ports', index], value: port, reason }]
    }),
  )

const checkNodePorts = (spec: ClusterSpec): readonly Wrong[] => {
  const range = optionsFor(spec, 'server')['service-node-port-range']
  if (spec.firewall?.nodePorts !== 'anyone' || range === undefined) return []
  const reason = (['tcp', 'udp'] as const).map((proto) => reasonAgainst(String(range), { proto, to: 'anyone' })).find((one) => one !== null)
  return reason === undefined ? [] : [{ path: ['firewall', 'nodePorts'], value: 'anyone', reason }]
}

const checkBackend = (spec: ClusterSpec): readonly Wrong[] => {
  const backend = optionsFor(spec, 'server')['flannel-backend']
  if (spec.firewall === undefined || !UNGUARDED.includes(backend)) return []
  const field = Object.hasOwn(spec.serverOptions, 'flannel-backend') ? 'serverOptions' : 'options'
  return [{ path: [field, 'flannel-backend'], value: backend, reason: 'cannot be used with firewall: pods of other nodes would come in unwrapped and be taken for strangers; use vxlan or wireguard-native' }]
}

/** Networks and ports of the firewall that make no sense, that would hand the cluster to anyone, or that the pod network does not go with. */
export const checkFirewall = (spec: ClusterSpec): readonly Wrong[] => [...checkAdmins(spec), ...checkExposed(spec), ...checkNodePorts(spec), ...checkBackend(spec)]
