import { AsyncLocalStorage } from 'node:async_hooks'
import { CLOSE, type HostId, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { noteEpoch } from '../enrol/note-epoch.ts'
import type { HubEvents, HubSession } from '../hub/index.ts'
import { bootOf, resend } from '../loop/dispatch.ts'
import { type HostRow, writeHost } from '../store/hosts.ts'
import { clusterOf } from '../world/world.ts'
import { noteBoot } from './clone.ts'

/** What the coordinator does when hosts come and go. */
export const createSessionEvents = (context: Context): HubEvents => {
  // A session may be closed from inside a turn: what follows from that is a turn of its own.
  const outside = AsyncLocalStorage.snapshot()
  const follow = (work: () => Promise<void>): void => {
    outside(() => context.turn(work)).catch((error: unknown) => context.log.error({ error }, 'session event failed'))
  }
  return {
    onOpen: (session) => follow(() => opened(context, session)),
    onClose: (session, code) => follow(() => closed(context, session, code)),
    onTurnedAway: (away) => context.log.warn({ address: away.address, code: away.code ?? away.close, reason: away.reason }, 'connection turned away'),
    onHandlerError: (session, t, error) => context.log.error({ host: session.nodeId, reason: t, error }, 'message could not be handled'),
  }
}

const opened = async (context: Context, session: HubSession): Promise<void> => {
  const id = session.nodeId as HostId
  const now = context.now()
  const host = context.world.hosts.get(id)
  const boot = bootOf(session)
  // It was removed, or let in, between its greeting and this turn: it must come again to be told so.
  if (host === undefined) return session.close(CLOSE.refused)
  if (host.state === 'active' && session.state === 'pending') return session.close(CLOSE.superseded)
  await noteBoot(context, host, boot)
  context.world.live.set(id, { online: false, onlineAt: now, clockOffsetMs: null, ...context.world.live.get(id), boot })
  // Orders that wait go out before the host counts as connected, so that newer ones never overtake them.
  await resend(context, id)
  context.world.live.set(id, { online: true, onlineAt: now, clockOffsetMs: session.hello.wallTime - now, boot })
  await noteEpoch(context, host, session.hello.maxEpochSeen)
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

const wakeFor = (context: Context, id: HostId): void => {
  const cluster = clusterOf(context.world, id)
  if (cluster !== null) context.wake(cluster.name)
}
