import type { HostId } from '@drover/protocol'
import { type LoopWorld, note, type WorldCluster, type WorldHost, type WorldOrder } from './world.ts'

/** How long a promotion waits for its learner before it gives up. */
const PATIENCE_MS = 360_000

/** A host by its id. */
export const hostOf = (world: LoopWorld, id: HostId): WorldHost | undefined => [...world.hosts.values()].find((host) => host.id === id)

/** True for the start of a server that is to become a member of etcd. */
const isJoin = ({ kind, params }: WorldOrder, host: WorldHost): boolean => {
  const { role, initialises, datastore } = params as { readonly role?: string; readonly initialises?: boolean; readonly datastore?: string }
  return kind === 'k3s.start' && role === 'server' && initialises === false && datastore === 'etcd' && host.facts.k3s?.wasActive !== true
}

/** The member that a promotion gives a vote to. */
const memberOf = (world: LoopWorld, { params }: WorldOrder): WorldHost | undefined => hostOf(world, (params as { readonly member?: HostId }).member ?? ('' as HostId))

/** True while the learner that is to be promoted is there and in sync. */
const isThere = (world: LoopWorld, order: WorldOrder): boolean => {
  const member = memberOf(world, order)
  return member?.online === true && member.facts.etcd === 'learner'
}

/** True once an order can end: a joiner's start when its member votes, a promotion when there is a learner, or too long none. */
export const canEnd = (world: LoopWorld, order: WorldOrder, host: WorldHost): boolean => {
  if (order.kind === 'etcd.promote') return isThere(world, order) || isGivenUp(world, order)
  const willFail = world.failures.some(({ kind, host: name, left }) => kind === order.kind && name === host.name && left > 0)
  return !isJoin(order, host) || willFail || host.facts.etcd === 'voter'
}

/** True for a promotion whose learner never came. */
export const isGivenUp = (world: LoopWorld, order: WorldOrder): boolean =>
  order.kind === 'etcd.promote' && !isThere(world, order) && world.now - order.endsAt >= PATIENCE_MS

/** Gives the learner its vote. */
export const promote = (world: LoopWorld, order: WorldOrder): void => {
  const member = memberOf(world, order)
  if (member !== undefined) member.facts = { ...member.facts, etcd: 'voter', listed: 'voter' }
}

/** What is done to the Node or the member of another host. With the Node of a server k3s takes its member out. */
export const takeOut = (world: LoopWorld, order: WorldOrder): void => {
  const member = order.kind === 'etcd.promote' ? undefined : memberOf(world, order)
  if (member === undefined) return
  const { facts } = member
  if (order.kind === 'node.drain') member.facts = { ...facts, node: 'cordoned' }
  if (order.kind === 'node.delete') member.facts = { ...facts, node: 'absent', listed: 'none' }
  if (order.kind === 'etcd.remove') member.facts = { ...facts, listed: 'none', etcd: 'none' }
}

/** A joiner whose start has been undone is no longer there. */
export const leave = (order: WorldOrder, host: WorldHost): void => {
  if (!isJoin(order, host) || host.facts.k3s === null) return
  host.facts = { ...host.facts, k3s: { ...host.facts.k3s, state: 'stopped' }, etcd: 'none', listed: 'none' }
}

/** Servers that are being started become learners. */
export const becomeLearners = (world: LoopWorld, cluster: WorldCluster): void => {
  for (const order of cluster.open) {
    const host = hostOf(world, order.host)
    if (order.endedAt !== null || host?.online !== true || !isJoin(order, host) || host.facts.etcd !== 'none') continue
    const { incarnation } = order.params as { readonly incarnation: number }
    host.facts = { ...host.facts, etcd: 'learner', listed: 'learner', k3s: { role: 'server', state: 'starting', wasActive: false, current: true, incarnation } }
    note(world, `${host.name}: etcd learner`)
  }
}
