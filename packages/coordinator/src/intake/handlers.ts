import { type FromAgent, type HostId, type NodesMessage, STALE_AFTER, type Time, type TO_COORDINATOR, type ToCoordinator } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { Arrival, HubHandlers, HubSession } from '../hub/index.ts'
import { bootOf } from '../loop/dispatch.ts'
import { takeTrips } from '../loop/keep-trips.ts'
import { takeTestimony } from '../loop/take-testimony.ts'
import { type HostRow, type StoredFacts, writeHost } from '../store/hosts.ts'
import { clusterOf, isHeard } from '../world/world.ts'
import { gatherNodes, type NodesGathered } from './gather-nodes.ts'
import { takeLogChunk } from './read-logs.ts'
import { takeReport } from './take-report.ts'

/** What each session told of its cluster's nodes; it is gone with the session. */
type Gathered = WeakMap<HubSession, NodesGathered>

/** One handler for each message of an agent; the host is always the session's, never the body's. */
export const createHandlers = (context: Context): HubHandlers<typeof TO_COORDINATOR> => {
  const gathered: Gathered = new WeakMap()
  return {
    heartbeat: async (session, body, arrival) => takeHeartbeat(context, session, { body, arrival }),
    nodes: async (session, body) => takeNodes(context, gathered, { session, body }),
    facts: (session, body, arrival) => context.turn(() => takeFacts(context, session, { body, arrival, nodes: nodesOf(gathered, session, body) })),
    inventory: (session, body, arrival) => context.turn(() => takeInventory(context, session, { body, arrival })),
    report: (session, body) => takeReport(context, session.nodeId as HostId, body),
    probed: (session, body) =>
      context.turn(async () => {
        await takeTestimony(context, session.nodeId as HostId, body)
        await takeTrips(context, session.nodeId as HostId, body)
      }),
    'logs.chunk': async (session, body) => takeLogChunk(context, session.nodeId, body),
  }
}

/** Only servers of a cluster are asked how its nodes are: from any other host nothing is held. */
const takeNodes = (context: Context, gathered: Gathered, about: { readonly session: HubSession; readonly body: NodesMessage }): void => {
  const id = about.session.nodeId as HostId
  if (clusterOf(context.world, id)?.settled.roles[id] !== 'server') return
  const nodes = gathered.get(about.session) ?? gatherNodes()
  gathered.set(about.session, nodes)
  nodes.take(about.body)
}

const nodesOf = (gathered: Gathered, session: HubSession, { cluster }: FromAgent<'facts'>): ReturnType<NodesGathered['whole']> => {
  const reading = cluster?.nodes ?? null
  return reading === null ? null : (gathered.get(session)?.whole(reading) ?? null)
}

/** A message that may have waited for its round, and says times of the moment when it was sent. */
type Told<T extends ToCoordinator> = { readonly body: FromAgent<T>; readonly arrival: Arrival }

const takeHeartbeat = (context: Context, session: HubSession, { body, arrival }: Told<'heartbeat'>): void => {
  const id = session.nodeId as HostId
  const live = context.world.live.get(id)
  context.world.live.set(id, { ...live, online: true, onlineAt: live?.onlineAt ?? context.now(), clockOffsetMs: body.wallTime - arrivedAt(context, arrival) })
}

const arrivedAt = (context: Context, { waitedMs }: Arrival): Time => context.now() - Math.round(waitedMs)

type ToldFacts = Told<'facts'> & { readonly nodes: ReturnType<NodesGathered['whole']> }

const takeFacts = async (context: Context, session: HubSession, { body, arrival, nodes }: ToldFacts): Promise<void> => {
  const host = context.world.hosts.get(session.nodeId as HostId)
  if (host === undefined) return
  const cluster = body.cluster === null ? null : { ready: body.cluster.ready, nodes }
  const facts: StoredFacts = { value: { facts: body.facts, cluster }, seenAt: arrivedAt(context, arrival) - body.ageMs, boot: bootOf(session) }
  const changed = !isSame(host.facts?.value, facts.value)
  const wasStale = isStale(context, host)
  const row: HostRow = { ...host, facts, lastSeen: context.now() }
  if (changed) await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  const member = clusterOf(context.world, row.id)
  if (member !== null && (changed || wasStale || hasEndedOrder(context, row.id))) context.wake(member.name)
  forgetEnded(context, row)
}

/** Where nothing is known of a host, or only what it said before it booted or long ago: its next word is news, whatever it says. */
const isStale = ({ world, now }: Context, host: HostRow): boolean => host.facts === null || !isHeard(world, host) || now() - host.facts.seenAt > STALE_AFTER.host

/** A thousand nodes of one reading are one object: they are not compared each second. */
const isSame = (a: StoredFacts['value'] | undefined, b: StoredFacts['value']): boolean => {
  if (a === undefined) return false
  const [nodes, others] = [a.cluster?.nodes ?? null, b.cluster?.nodes ?? null]
  const rest = (of: StoredFacts['value']): string => JSON.stringify({ facts: of.facts, ready: of.cluster?.ready })
  return rest(a) === rest(b) && (nodes === others || JSON.stringify(nodes) === JSON.stringify(others))
}

const hasEndedOrder = (context: Context, host: HostId): boolean =>
  [...context.world.orders.values()].some((order) => order.host === host && order.endedAt !== null)

/** An ended order is only kept until its host has newer facts and its run is over. */
const forgetEnded = (context: Context, host: HostRow): void => {
  const seenAt = host.facts?.seenAt ?? 0
  for (const [id, order] of context.world.orders) {
    if (order.host !== host.id || order.endedAt === null || order.endedAt >= seenAt) continue
    const run = context.world.runs.get(order.cluster)
    if (run === undefined || run.id !== order.run || run.endedAt !== null) context.world.orders.delete(id)
  }
}

const takeInventory = async (context: Context, session: HubSession, { body, arrival }: Told<'inventory'>): Promise<void> => {
  const host = context.world.hosts.get(session.nodeId as HostId)
  if (host === undefined) return
  const now = context.now()
  const ages = Object.entries(body.ageMs).map(([name, age]): [string, Time] => [name, arrivedAt(context, arrival) - Number(age)])
  const row: HostRow = {
    ...host,
    lastSeen: now,
    inventory: { ...host.inventory, sections: { ...host.inventory.sections, ...body.sections }, seenAt: { ...host.inventory.seenAt, ...Object.fromEntries(ages) } },
  }
  const first = host.inventory.sections.state === undefined
  if (first || JSON.stringify(host.inventory.sections) !== JSON.stringify(row.inventory.sections)) await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  const cluster = clusterOf(context.world, row.id)
  if (cluster !== null) context.wake(cluster.name)
}
