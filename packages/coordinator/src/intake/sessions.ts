import { AsyncLocalStorage } from 'node:async_hooks'
import { type HostId, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { noteEpoch } from '../enrol/note-epoch.ts'
import type { HubEvents, HubSession } from '../hub/index.ts'
import { resend } from '../loop/dispatch.ts'
import { type HostRow, writeHost } from '../store/hosts.ts'
import { clusterOf } from '../world/world.ts'

const REMEMBERED_BOOTS = 8

/** What the coordinator does when hosts come and go. */
export const createSessionEvents = (context: Context): HubEvents => {
  const boots = new Map<string, readonly string[]>()
  // A session may be closed from inside a turn: what follows from that is a turn of its own.
  const outside = AsyncLocalStorage.snapshot()
  const follow = (work: () => Promise<void>): void => {
    outside(() => context.turn(work)).catch((error: unknown) => context.log.error({ error }, 'session event failed'))
  }
  return {
    onOpen: (session) => follow(() => opened(context, session, boots)),
    onClose: (session, code) => follow(() => closed(context, session, code)),
    onTurnedAway: (away) => context.log.warn({ address: away.address, code: away.code ?? away.close, reason: away.reason }, 'connection turned away'),
    onHandlerError: (session, t, error) => context.log.error({ host: session.nodeId, reason: t, error }, 'message could not be handled'),
  }
}

const opened = async (context: Context, session: HubSession, boots: Map<string, readonly string[]>): Promise<void> => {
  const id = session.nodeId as HostId
  const now = context.now()
  // Orders that wait go out before the host counts as connected, so that newer ones never overtake them.
  await resend(context, id)
  context.world.live.set(id, { online: true, onlineAt: now, clockOffsetMs: session.hello.wallTime - now })
  const host = context.world.hosts.get(id)
  if (host === undefined) return
  await noteEpoch(context, host, session.hello.maxEpochSeen)
  // The kernel's id alone does not tell two containers of one machine apart.
  await noteClone(context, { host, boots, bootId: `${session.hello.bootId} ${String(session.hello.bootCount)}` })
  await context.tell({ at: now, host: host.name, said: say('host.online', { host: host.name }) })
  wakeFor(context, id)
}

const closed = async (context: Context, session: HubSession, code: number): Promise<void> => {
  const id = session.nodeId as HostId
  const host = context.world.hosts.get(id)
  const replaced = context.hub().session(id)
  if (host === undefined || (replaced !== undefined && replaced !== session)) return
  const now = context.now()
  context.world.live.set(id, { online: false, onlineAt: now, clockOffsetMs: context.world.live.get(id)?.clockOffsetMs ?? null })
  const row: HostRow = { ...host, lastSeen: now }
  context.world.hosts.set(id, row)
  await writeHost(context.db, row)
  context.log.info({ host: host.name, code }, 'host disconnected')
  await context.tell({ at: now, host: host.name, said: say('host.offline', { host: host.name }) })
  wakeFor(context, id)
}

/** A boot that comes back after another boot of the same key was seen: two machines hold the key. */
const noteClone = async (context: Context, about: { host: HostRow; boots: Map<string, readonly string[]>; bootId: string }): Promise<void> => {
  const { host, boots, bootId } = about
  const seen = boots.get(host.id) ?? []
  boots.set(host.id, [...seen.filter((boot) => boot !== bootId), bootId].slice(-REMEMBERED_BOOTS))
  if (!seen.includes(bootId) || seen.at(-1) === bootId || host.findings.some((said) => said.code === 'host.clone')) return
  const row: HostRow = { ...host, findings: [...host.findings, say('host.clone', { host: host.name })] }
  await writeHost(context.db, row)
  context.world.hosts.set(row.id, row)
  await context.tell({ at: context.now(), host: host.name, said: say('host.clone', { host: host.name }) })
}

const wakeFor = (context: Context, id: HostId): void => {
  const cluster = clusterOf(context.world, id)
  if (cluster !== null) context.wake(cluster.name)
}
