import type { HostId, OpenOrder, Plan, Time } from '@drover/protocol'
import type { Copy } from '../copies/files.ts'
import type { CopyTries } from '../core/copies/choose-copies.ts'
import type { ClusterRow } from '../store/clusters.ts'
import type { HostRow } from '../store/hosts.ts'
import type { OrderRow } from '../store/orders.ts'
import type { RequestRow } from '../store/requests.ts'
import type { RunRow } from '../store/runs.ts'
import type { Trials } from './trial.ts'

/** What is known of a host beside what is stored: whether it is connected, since when it is silent, its clock. */
export type HostLive = {
  readonly online: boolean
  readonly onlineAt: Time
  readonly clockOffsetMs: number | null
  /** The boot that the newest session comes from, once it was held against those before. */
  readonly boot?: string
}

/**
 * Everything that planning reads, in memory and patched after each commit: the database is only read at start.
 * Maps are replaced entry by entry; a listener is told which clusters a change concerns.
 */
export type World = {
  readonly hosts: Map<HostId, HostRow>
  readonly live: Map<HostId, HostLive>
  readonly clusters: Map<string, ClusterRow>
  /** The open run of a cluster, or its last one. */
  readonly runs: Map<string, RunRow>
  /** Orders that have not ended, and ended ones until their host has reported newer facts. */
  readonly orders: Map<string, OrderRow>
  /** Requests that are open; the ended ones are in the database alone. */
  readonly requests: Map<string, RequestRow>
  /** Since when each wait (by key) of a cluster lasts. */
  readonly waiting: Map<string, ReadonlyMap<string, Time>>
  /** How the newest snapshots on schedule ended, by host: the newest planned time first, of each the last try. */
  readonly firings: Map<HostId, readonly OrderRow[]>
  /** Firewall rules on trial, by host. */
  readonly trials: Trials
  /** Open questions of how long connections take, by id: whom they were put to. */
  readonly trips: Map<string, HostId>
  /** Whole copies of snapshots that this coordinator keeps, by cluster and name; read from the files themselves. */
  readonly copies: Map<string, Copy>
  /** Tries of copies that are not here yet. */
  readonly copyTries: Map<string, CopyTries>
  /** The last plan of each cluster, for status. */
  readonly plans: Map<string, Plan>
}

/** An empty world. */
export const emptyWorld = (): World => ({
  hosts: new Map(),
  live: new Map(),
  clusters: new Map(),
  runs: new Map(),
  orders: new Map(),
  requests: new Map(),
  waiting: new Map(),
  firings: new Map(),
  trials: new Map(),
  trips: new Map(),
  copies: new Map(),
  copyTries: new Map(),
  plans: new Map(),
})

/** True for a host that is connected and has told how it is since it booted: what it told before is no word of now. */
export const isHeard = ({ live }: World, { id, facts }: HostRow): boolean => {
  const { online, boot } = live.get(id) ?? {}
  return online === true && (facts?.boot === undefined || boot === undefined || facts.boot === boot)
}

/** The cluster that an approval gave a host to, or null. */
export const clusterOf = (world: World, host: HostId): ClusterRow | null => {
  for (const cluster of world.clusters.values()) if (Object.hasOwn(cluster.settled.roles, host)) return cluster
  return null
}

/** Two machines hold the key of this host, and nobody has said yet which one it is. */
export const isCloned = (host: HostRow): boolean => host.findings.some(({ code }) => code === 'host.clone')

/** The host of this name that is not revoked, or null. */
export const hostByName = (world: World, name: string): HostRow | null => {
  for (const host of world.hosts.values()) if (host.name === name && host.state !== 'revoked') return host
  return null
}

/** True for an order that only copies: no plan made it, so none waits for it. */
export const isCopyOrder = ({ kind }: Pick<OrderRow, 'kind'>): boolean => kind === 'snapshot.copy'

/** Orders of a cluster as the planner takes them: an ended one counts until its host has newer facts. A host that was removed has none to wait for. */
export const openOrders = (world: World, cluster: string): OpenOrder[] =>
  [...world.orders.values()]
    .filter((order) => order.cluster === cluster && world.hosts.has(order.host) && !isCopyOrder(order))
    .filter((order) => order.endedAt === null || order.endedAt >= (world.hosts.get(order.host)?.facts?.seenAt ?? 0))
    .map((order) => ({ key: order.actionKey, host: order.host, class: order.class, change: order.change, endedAt: order.endedAt }))

/** Requests of a cluster that are open. */
export const openRequests = (world: World, cluster: string): RequestRow[] =>
  [...world.requests.values()].filter((request) => request.cluster === cluster && request.state === 'open')
