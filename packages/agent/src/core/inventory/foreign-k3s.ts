import { K3S, unitFileOf } from '@drover/protocol'

/** Paths whose presence shows a k3s; the images folder is none of them, an air-gap bundle may lie there beforehand. */
export const K3S_TRACES: readonly string[] = [
  K3S.binary,
  unitFileOf('server'),
  unitFileOf('agent'),
  K3S.killall,
  `${K3S.data}/server/db`,
  `${K3S.data}/server/token`,
  `${K3S.data}/agent/kubelet.kubeconfig`,
]

/** Traces of a k3s on a host where Drover left no mark of its own; none where it did. */
export const foreignK3s = (present: ReadonlySet<string>, marked: boolean): readonly string[] =>
  marked ? [] : K3S_TRACES.filter((path) => present.has(path))
