import { type HostId, SnapshotWishSchema } from '@drover/protocol'
import type { OrderRow } from '../store/orders.ts'
import type { RequestRow } from '../store/requests.ts'
import type { World } from '../world/world.ts'

/** True where a host is connected and said last that its etcd member votes and is well. */
const isAble = ({ hosts, live }: World, host: HostId): boolean => {
  const etcd = hosts.get(host)?.facts?.value.facts.etcd ?? null
  return live.get(host)?.online === true && etcd !== null && etcd.member === 'voter' && etcd.healthy && etcd.leader !== null
}

/**
 * The wish for a snapshot that a server could not take, with that server written down, where another server of the cluster
 * may take it; null where there is none, or the order is of another sort.
 */
export const retryElsewhere = (world: World, order: OrderRow): RequestRow | null => {
  const request = order.request === null ? undefined : world.requests.get(order.request)
  const { kind } = order.state
  if (request === undefined || request.kind !== 'snapshot' || (kind !== 'failed' && kind !== 'refused')) return null
  const failed = [...SnapshotWishSchema.parse(request.params).failed, order.host]
  const roles = world.clusters.get(order.cluster)?.settled.roles ?? {}
  const left = Object.entries(roles).filter(([id, role]) => role === 'server' && !failed.includes(id as HostId) && isAble(world, id as HostId))
  return left.length === 0 ? null : { ...request, params: { failed } }
}
