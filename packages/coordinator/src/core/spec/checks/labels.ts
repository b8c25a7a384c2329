import type { ClusterSpec } from '@drover/protocol'
import type { Path, Wrong } from '../fault.ts'

/** Of the reserved prefixes the kubelet may set only these on its own Node (NodeRestriction). */
const ALLOWED = /^(?:node\.kubernetes\.io\/|kubelet\.kubernetes\.io\/|topology\.kubernetes\.io\/(?:region|zone)$)/
const RESERVED = /(?:^|\.)(?:kubernetes\.io|k8s\.io)\//
/** Taints that keep workloads off a server; a kubelet may register with them. */
const TAINTS = /^node-role\.kubernetes\.io\/(?:control-plane|etcd)$/

const reserved = 'has a reserved prefix: k3s would refuse to start; use a prefix of your own, or kubectl afterwards'

const ofRole = (part: ClusterSpec['servers'] | ClusterSpec['agents'], path: Path): readonly Wrong[] => {
  const taints = part?.taints ?? []
  const labels = Object.keys(part?.labels ?? {}).filter((key) => RESERVED.test(key) && !ALLOWED.test(key))
  const seen = (index: number): boolean => {
    const taint = taints[index]
    return taints.slice(0, index).some(({ key, effect }) => key === taint?.key && effect === taint.effect)
  }
  return [
    ...labels.map((key) => ({ path: [...path, 'labels', key], value: key, reason: reserved })),
    ...taints.flatMap(({ key }, index) => {
      if (seen(index)) return [{ path: [...path, 'taints', index], value: key, reason: 'the taint stands here twice' }]
      return RESERVED.test(key) && !TAINTS.test(key) ? [{ path: [...path, 'taints', index, 'key'], value: key, reason: reserved }] : []
    }),
  ]
}

/** Labels and taints that a kubelet may not give its own Node, and taints given twice. */
export const checkLabels = ({ servers, agents }: ClusterSpec): readonly Wrong[] => [...ofRole(servers, ['servers']), ...ofRole(agents, ['agents'])]
