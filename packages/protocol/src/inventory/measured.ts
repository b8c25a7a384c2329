import type { Address } from './network.ts'

/** What roles and preflight findings are judged by; a compact digest of the inventory, never predicted. */
export type Measured = {
  readonly cpus: number
  readonly memoryMb: number
  /** p99 of one fsync on the data disk in microseconds; null: the probe did not run. */
  readonly fsyncP99Us: number | null
  readonly diskFreeMb: number
  readonly addresses: readonly Address[]
  readonly defaultInterface: string | null
  /** The line that the default route was read from. */
  readonly defaultEvidence?: string
  readonly cgroup: 'v1' | 'v2'
  readonly clockOffsetMs: number
  /** Ports of the k3s table that something else holds: `tcp/6443 (nginx)`. */
  readonly usedPorts: readonly string[]
  /** A k3s that Drover did not install: what was found, empty where none. */
  readonly foreignK3s: readonly string[]
  /** sysctl name to value, of those that `protect-kernel-defaults` needs. */
  readonly kernel: Readonly<Record<string, number>>
  /** Least time in microseconds that a new TCP connection from this host to another (by its id) took; absent: never dialled. */
  readonly rttUs?: Readonly<Record<string, number>>
}
