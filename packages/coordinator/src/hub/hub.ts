import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { BODY_LIMITS, SUBPROTOCOL, WIRE_LIMITS, type CloseCode } from '@drover/protocol'
import type { Decide, Decision } from '@drover/protocol/node'
import { WebSocketServer, type WebSocket } from 'ws'
import { addressKey } from './address-key.ts'
import { createAdmission, type Admission } from './admission.ts'
import { serveConnection, type ConnectionContext } from './connection.ts'
import { HUB_POLICY, type HubPolicy } from './policy.ts'
import { createRoster, type Roster } from './roster.ts'
import { createRounds, type Rounds } from './rounds.ts'
import { boundStranger } from './stranger-bytes.ts'
import type { HubHandler, HubMessages, HubOptions, HubSession } from './types.ts'
import { upgradeFault, upgradeRefusal, type UpgradeRefusal } from './upgrade.ts'

/** All sessions with hosts: one per host, opened only by hosts that proved who they are. */
export type Hub = {
  /** Listens to the upgrade requests of an HTTPS server. */
  attach: (server: Server) => void
  handleUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  sessions: () => HubSession[]
  session: (nodeId: string) => HubSession | undefined
  /** Ends the session of a host; false where there is none. */
  close: (nodeId: string, code: CloseCode) => boolean
  /** Ends all connections with 1001 and takes no more. */
  stop: () => void
}

/** A hub; `attach` it to a server whose TLS is 1.3 only and whose limits are `HTTP_SERVER_LIMITS`. */
export const createHub = <M extends HubMessages>(options: HubOptions<M>): Hub => {
  const policy: HubPolicy = { ...HUB_POLICY, ...options.policy }
  const events = options.events ?? {}
  const admission = createAdmission(policy)
  const roster = createRoster(events, admission)
  const sockets = new Set<WebSocket>()
  const inside: Inside = { policy, admission, roster, rounds: createRounds(policy.times.round) }
  const web = webSocketServer(policy)
  let isStopped = false

  const turnAway = (socket: Duplex, address: string, status: UpgradeRefusal): void => {
    socket.on('error', () => undefined)
    socket.end(upgradeRefusal(status), () => socket.destroy())
    events.onTurnedAway?.({ address, close: status, reason: 'upgrade', code: null })
  }
  const handleUpgrade: Hub['handleUpgrade'] = (request, socket, head) => {
    const address = request.socket.remoteAddress ?? ''
    const status = isStopped ? 503 : upgradeFault(request, head)
    if (status !== null) return turnAway(socket, address, status)
    const place = admission.enter(addressKey(address))
    if (place === null) return turnAway(socket, address, 429)
    socket.once('close', place.leave)
    web.handleUpgrade(request, socket, head, (ws) => {
      sockets.add(ws)
      ws.once('close', () => sockets.delete(ws))
      const bound = boundStranger(socket, () => ws.terminate())
      serveConnection(ws, connectionContext(options, inside, { address, onProved: bound.lift, leave: place.leave }))
    })
  }
  const watch = setInterval(() => {
    for (const open of roster.all()) open.checkAlive(options.monotonic())
  }, policy.times.check)
  watch.unref()
  return {
    attach: (server) => {
      server.on('upgrade', handleUpgrade)
    },
    handleUpgrade,
    sessions: () => roster.all().map((open) => open.session),
    session: (nodeId) => roster.get(nodeId)?.session,
    close: (nodeId, code) => {
      const found = roster.get(nodeId)
      found?.session.close(code)
      return found !== undefined
    },
    stop: () => {
      isStopped = true
      clearInterval(watch)
      for (const socket of sockets) socket.close(1001)
    },
  }
}

type Inside = { policy: HubPolicy; admission: Admission; roster: Roster; rounds: Rounds }
type Origin = { address: string; onProved: () => void; leave: () => void }

const webSocketServer = (policy: HubPolicy): WebSocketServer => {
  const limits = {
    maxPayload: WIRE_LIMITS.message,
    maxFragments: WIRE_LIMITS.fragments,
    maxBufferedChunks: WIRE_LIMITS.bufferedChunks,
    closeTimeout: policy.times.close,
  }
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    handleProtocols: () => SUBPROTOCOL,
    ...limits,
  })
}

const connectionContext = <M extends HubMessages>(
  options: HubOptions<M>,
  inside: Inside,
  origin: Origin,
): ConnectionContext => {
  const { identity, monotonic, messages } = options
  const { policy, admission, roster, rounds } = inside
  const events = options.events ?? {}
  const handshake = {
    identity,
    bootId: identity.bootId,
    remoteAddress: origin.address,
    offer: () => ({ ...options.offer(), limits: offeredLimits(policy) }),
    budget: () => admission.spendSignature(addressKey(origin.address), monotonic()),
    decide: bounded(options.decide, inside),
  }
  // Each handler gets bodies of its own message's schema only, so the table may be read without their types.
  const handlers = options.handlers as Readonly<Record<string, HubHandler<never>>>
  return {
    greeting: { handshake, helloMs: policy.times.hello, onTurnedAway: (away) => events.onTurnedAway?.(away) },
    session: { key: identity.key, messages, handlers, policy, rounds, events, monotonic },
    onOpen: roster.add,
    onClosed: roster.remove,
    onProved: origin.onProved,
    leave: origin.leave,
  }
}

const offeredLimits = (policy: HubPolicy) => ({
  heartbeatMs: policy.times.heartbeat,
  deadMs: policy.times.dead,
  controlBody: BODY_LIMITS.control,
  inventoryEveryMs: Math.ceil(1000 / policy.perNode.inventory.perSecond),
})

/** Refuses with `busy`, before anything is spent, while there is no room for another session. */
const bounded = (decide: Decide, inside: Inside): Decide => {
  const busy: Decision = { ok: false, code: 'busy', retryAfterMs: 30_000 }
  const isFull = (): boolean => inside.roster.all().length >= inside.policy.maxSessions
  return {
    tokenKey: decide.tokenKey,
    enrol: async (greeting) => (isFull() ? busy : decide.enrol(greeting)),
    resume: async (greeting) => (isFull() ? busy : decide.resume(greeting)),
  }
}
