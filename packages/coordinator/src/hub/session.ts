import { ackBodySchema, byeBodySchema, CLOSE, type CloseCode } from '@drover/protocol'
import { createFrameChannel, readJsonAs, type Admitted, type FrameContent, type SigningKey } from '@drover/protocol/node'
import { WebSocket } from 'ws'
import { createAcknowledger } from './acknowledger.ts'
import { createInbox } from './inbox.ts'
import { createListener } from './listener.ts'
import { createOutgoing } from './outgoing.ts'
import { bodyLimitOf, type HubPolicy } from './policy.ts'
import { createNodeRates, type NodeRates } from './rates.ts'
import type { Rounds } from './rounds.ts'
import type { HubEvents, HubHandler, HubMessages, HubSession } from './types.ts'

/** What a session needs of its hub; `onFirstFrame` is called once, when the host has proved that it got ACCEPT. */
export type SessionContext = {
  key: SigningKey
  messages: HubMessages
  handlers: Readonly<Record<string, HubHandler<never>>>
  policy: HubPolicy
  rounds: Rounds
  events: HubEvents
  monotonic: () => number
  onFirstFrame: (session: OpenSession) => void
}

/** A session and what its hub does with its socket. */
export type OpenSession = {
  readonly session: HubSession
  readonly receive: (data: Buffer) => void
  /** Hears what was received and still waits for a round; its socket is gone. */
  readonly finish: () => void
  readonly ping: () => void
  /** Closes a session that has been silent for too long. */
  readonly checkAlive: (now: number) => void
}

type Running = {
  socket: WebSocket
  session: HubSession
  context: SessionContext
  rates: NodeRates
  inbox: ReturnType<typeof createInbox>
  acks: ReturnType<typeof createAcknowledger>
}

/** The session of a host that was admitted on this socket; it counts as open from its first frame on. */
export const createSession = (socket: WebSocket, from: { admitted: Admitted; address: string }, context: SessionContext): OpenSession => {
  const { admitted, address } = from
  const { sessionId, nodeKey, nodeId, state, sealPub, hello } = admitted
  const channel = createFrameChannel({ sends: 'c2a', sessionId, key: context.key, peer: nodeKey })
  const outgoing = createOutgoing(socket, channel, context.policy.sendQueueBytes)
  const rates = createNodeRates(context.policy)
  let isOver = false
  const close = (code: CloseCode | 1000 | 1001): void => {
    isOver = true
    socket.close(code)
  }
  let lastSpoken = context.monotonic()
  const send: HubSession['send'] = (t, body, options) => {
    lastSpoken = context.monotonic()
    rates.noteSent(t, lastSpoken)
    return outgoing.send(t, body, options)
  }
  const session: HubSession = { nodeId, state, address, sealPub, hello, droppedLogs: rates.droppedLogs, send, close }
  const acks = createAcknowledger(outgoing.acknowledge)
  const flow = { pause: () => socket.pause(), resume: () => socket.resume() }
  const inbox = createInbox(flow, () => close(CLOSE.internal))
  const running: Running = { socket, session, context, rates, inbox, acks }
  let lastHeard = context.monotonic()
  let isOpen = false
  const hear = (data: Buffer, at: number): void => {
    if (isOver) return
    const result = channel.open(data)
    if (!result.ok) return close(result.close)
    lastHeard = context.monotonic()
    if (!isOpen) {
      isOpen = true
      context.onFirstFrame(open)
    }
    const fault = take(running, result.frame, at)
    if (fault !== null) close(fault)
  }
  const isQuiet = (): boolean => context.monotonic() - lastSpoken > context.policy.times.quiet
  const listener = createListener({ rounds: context.rounds, monotonic: context.monotonic, isQuiet, hear })
  const open: OpenSession = {
    session,
    receive: listener.add,
    finish: listener.hearAll,
    ping: () => {
      if (!rates.takeFrame(context.monotonic())) close(CLOSE.rate)
    },
    checkAlive: (now) => {
      if (now - lastHeard > context.policy.times.dead) close(CLOSE.timeout)
    },
  }
  return open
}

/** Takes in one verified frame, which arrived `at`; the code to close with, or null. */
const take = (running: Running, frame: FrameContent, at: number): CloseCode | 1000 | null => {
  if (!running.rates.takeFrame(running.context.monotonic())) return CLOSE.rate
  if (frame.kind === 'data') return takeData(running, frame, at)
  if (frame.kind === 'bye') return readJsonAs(byeBodySchema, frame.body).ok ? 1000 : CLOSE.malformed
  const ack = readJsonAs(ackBodySchema, frame.body)
  if (!ack.ok) return CLOSE.malformed
  running.context.events.onAck?.(running.session, ack.value.ids)
  return null
}

const takeData = (running: Running, frame: FrameContent, at: number): CloseCode | null => {
  const { context, session, inbox, acks, socket } = running
  const { t, id } = frame.header
  const schema = Object.hasOwn(context.messages, t) ? context.messages[t] : undefined
  const handler = Object.hasOwn(context.handlers, t) ? context.handlers[t] : undefined
  if (schema === undefined || handler === undefined) return CLOSE.malformed
  if (frame.body.length > bodyLimitOf(context.policy, t)) return CLOSE.tooLarge
  const rate = running.rates.takeMessage(t, frame.body.length, context.monotonic())
  if (rate === 'close') return CLOSE.rate
  const body = readJsonAs(schema, frame.body)
  if (!body.ok) return CLOSE.malformed
  if (rate === 'drop') acks.add(id)
  else inbox.add(async () => {
    await handle(running, t, async () => handler(session, body.value as never, { id, waitedMs: context.monotonic() - at }))
    if (socket.readyState === WebSocket.OPEN) acks.add(id)
  })
  return null
}

const handle = async (running: Running, t: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work()
  } catch (error) {
    running.context.events.onHandlerError?.(running.session, t, error)
    throw error
  }
}
