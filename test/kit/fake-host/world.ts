import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { HostProcess } from '@drover/agent'
import type { Json } from '@drover/protocol'
import type { SimEtcd } from './sim-etcd.ts'
import type { SimTable } from './sim-nft.ts'

/** A unit as the simulated systemd keeps it; `read`: the text of its file when it was last read. */
export type SimUnit = {
  read: string | null
  active: 'inactive' | 'activating' | 'active' | 'failed'
  /** Of a unit that runs once: its command has ended well. */
  exited?: boolean
  enabled: boolean
  invocation: string
  restarts: number
  log: string[]
}

/** All of a simulated host that is no file. It lies beside the host's folder, so that it outlives a killed process. */
export type SimWorld = {
  units: Record<string, SimUnit>
  processes: HostProcess[]
  mounts: string[]
  iptables: string
  /** What k3s and etcd did, in order: `initialise`, `start server`, `start agent`, `stop`, `promote NAME`, `remove NAME`, `cordon NODE`, `uncordon NODE`, `delete node NODE`, `reset`. */
  ledger: string[]
  counter: number
  /** A log line that keeps k3s from coming up while it is set. */
  startFault: string | null
  /** What a `--cluster-reset` of k3s ends with while it is set. */
  resetFault: string | null
  nft: SimTable | null
  /** What `nft -j list chains` tells of others. */
  foreignChains: Json[]
  /** What `ss` prints, by its first argument. */
  sockets: Record<string, string>
  /** Timers of systemd-run by their unit, with the command that they run. */
  timers: Record<string, string[]>
  /** What the coordinator has of each upload, by its URL: bytes, all of them, and the SHA-256 of what is there. */
  uploads: Record<string, { bytes: number; total: number; sha256: string }>
  /** Its etcd, where it has one; it answers while k3s runs. */
  etcd: SimEtcd | null
  /** Nodes of its cluster by name; true: cordoned. Its API tells of them while k3s runs. */
  nodes: Record<string, boolean>
  /** What kubectl drain prints of pods that it does not get off a Node, as often as there are entries. */
  drainWords: string[]
}

const FRESH: SimWorld = { units: {}, processes: [], mounts: ['/'], iptables: '', ledger: [], counter: 0, startFault: null, resetFault: null, nft: null, foreignChains: [], sockets: {}, timers: {}, uploads: {}, etcd: null, nodes: {}, drainWords: [] }

/** The world's file of a host's folder. */
export const worldFile = (root: string): string => `${root}.world.json`

/** Reads the world; a host that nothing has happened on yet has a fresh one. */
export const readWorld = (root: string): SimWorld =>
  existsSync(worldFile(root)) ? (JSON.parse(readFileSync(worldFile(root), 'utf8')) as SimWorld) : structuredClone(FRESH)

/** Reads the world, lets it be changed and writes it whole. */
export const changeWorld = <T>(root: string, change: (world: SimWorld) => T): T => {
  const world = readWorld(root)
  const result = change(world)
  writeFileSync(`${worldFile(root)}.tmp`, JSON.stringify(world))
  renameSync(`${worldFile(root)}.tmp`, worldFile(root))
  return result
}

/** A unit of the world, made where it is asked for the first time. */
export const unitOf = (world: SimWorld, name: string): SimUnit => {
  world.units[name] ??= { read: null, active: 'inactive', enabled: false, invocation: '', restarts: 0, log: [] }
  return world.units[name]
}
