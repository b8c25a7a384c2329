import type { HostId, View } from '@drover/protocol'

/** Two servers. */
export type Pair = readonly [HostId, HostId]

/** Each two of the servers once. */
export const pairsOf = (servers: readonly HostId[]): readonly Pair[] => servers.flatMap((a, index) => servers.slice(index + 1).map((b): Pair => [a, b]))

/** The round trip between two hosts in µs, as the quicker of them measured it, since what a busy host adds is not the way's; null where neither did. */
export const rttUsOf = ({ hosts }: View, [a, b]: Pair): number | null => {
  const told = [hosts[a]?.measured?.value.rttUs?.[b], hosts[b]?.measured?.value.rttUs?.[a]].filter((us) => us !== undefined)
  return told.length === 0 ? null : Math.min(...told)
}

/** The slowest of some values; null where one of them is missing, or there are none. */
const slowest = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length === 0 || known.length < values.length ? null : Math.max(...known)
}

/** The slowest round trip between any two of the servers in µs; null where one was not measured, or there is one server. */
export const slowestRttUs = (view: View, servers: readonly HostId[]): number | null => slowest(pairsOf(servers).map((pair) => rttUsOf(view, pair)))

/** The slowest fsync p99 of the servers' disks in µs; null where one was not measured. */
export const slowestFsyncUs = ({ hosts }: View, servers: readonly HostId[]): number | null =>
  slowest(servers.map((id) => hosts[id]?.measured?.value.fsyncP99Us ?? null))
