import { type FromAgent, type HostId, STALE_AFTER, type Time, type TO_COORDINATOR } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { HubHandlers, HubSession } from '../hub/index.ts'
import { type HostRow, type StoredFacts, writeHost } from '../store/hosts.ts'
import { clusterOf } from '../world/world.ts'
import { takeLogChunk } from './read-logs.ts'
import { takeReport } from './take-report.ts'

/** One handler for each message of an agent; the host is always the session's, never the body's. */
export const createHandlers = (context: Context): HubHandlers<typeof TO_COORDINATOR> => ({
  heartbeat: async (session, body) => takeHeartbeat(context, session, body),
  facts: (session, body) => context.turn(() => takeFacts(context, session, body)),
  inventory: (session, body) => context.turn(() => takeInventory(context, session, body)),
  report: (session, body) => takeReport(context, session.nodeId as HostId, body),
  'logs.chunk': async (session, body) => takeLogChunk(context, session.nodeId, body),
})

const takeHeartbeat = (context: Context, session: HubSession, body: FromAgent<'heartbeat'>): void => {
  const id = session.nodeId as HostId
  const live = context.world.live.get(id)
  context.world.live.set(id, { online: true, onlineAt: live?.onlineAt ?? context.now(), clockOffsetMs: body.wallTime - context.now() })
}

const takeFacts = async (context: Context, session: HubSession, body: FromAgent<'facts'>): Promise<void> => {
  const host = context.world.hosts.get(session.nodeId as HostId)
  if (host === undefined) return
  const now = context.now()
  const facts: StoredFacts = { value: { facts: body.facts, cluster: body.cluster }, seenAt: now - body.ageMs }
  const changed = JSON.stringify(host.facts?.value) !== JSON.stringify(facts.value)
  const wasStale = host.facts === null || now - host.facts.seenAt > STALE_AFTER.host
  const row: HostRow = { ...host, facts, lastSeen: now }
  if (changed) await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  const cluster = clusterOf(context.world, row.id)
  if (cluster !== null && (changed || wasStale || hasEndedOrder(context, row.id))) context.wake(cluster.name)
  forgetEnded(context, row)
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

const takeInventory = async (context: Context, session: HubSession, body: FromAgent<'inventory'>): Promise<void> => {
  const host = context.world.hosts.get(session.nodeId as HostId)
  if (host === undefined) return
  const now = context.now()
  const ages = Object.entries(body.ageMs).map(([name, age]): [string, Time] => [name, now - Number(age)])
  const row: HostRow = {
    ...host,
    lastSeen: now,
    inventory: { sections: { ...host.inventory.sections, ...body.sections }, seenAt: { ...host.inventory.seenAt, ...Object.fromEntries(ages) } },
  }
  const first = host.inventory.sections.state === undefined
  if (first || JSON.stringify(host.inventory.sections) !== JSON.stringify(row.inventory.sections)) await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  const cluster = clusterOf(context.world, row.id)
  if (cluster !== null) context.wake(cluster.name)
}
