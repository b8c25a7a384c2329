import type { CloseCode, HelloBody, NodeState, RefuseCode } from '@drover/protocol'
import type { Decide, ServerIdentity, SessionOffer } from '@drover/protocol/node'
import type * as z from 'zod'
import type { HubPolicy } from './policy.ts'

/** Message type to the schema of its body. */
export type HubMessages = Readonly<Record<string, z.ZodType>>

/** An open session with one host. The host's id comes from here, never from a message's body. */
export type HubSession = {
  readonly nodeId: string
  readonly state: NodeState
  readonly address: string
  /** Raw X25519 key that secrets for the host are sealed to. */
  readonly sealPub: Uint8Array
  /** What the host said of itself when it connected. */
  readonly hello: HelloBody
  /** Bodies of logs dropped because they came too fast. */
  readonly droppedLogs: () => number
  /** Sends a message and resolves when it was written; rejects where the session is over. */
  readonly send: (t: string, body: unknown, options?: { id?: string; re?: string }) => Promise<void>
  /** Ends the session with a close code. */
  readonly close: (code: CloseCode | 1000 | 1001) => void
}

/** What is known of a message besides its body: its id, and how long ago, in ms, its frame came in. */
export type Arrival = { readonly id: string; readonly waitedMs: number }

/** Does what a message asks and resolves when that is durable: only then is the message's id acknowledged. */
export type HubHandler<Body> = (session: HubSession, body: Body, arrival: Arrival) => Promise<void>

/** One handler for each message type. */
export type HubHandlers<M extends HubMessages> = { readonly [T in keyof M]: HubHandler<z.infer<M[T]>> }

/** Two live connections with one key: a cloned host, or one that came back before its old connection was missed. */
export type Duplicate = { older: HubSession; newer: HubSession }

/** A connection that was turned away or closed before a session was open; `code` where the answer was signed. */
export type TurnedAway = { address: string; close: number; reason: string; code: RefuseCode | null }

/** What the hub tells its owner; none of these may throw. */
export type HubEvents = {
  onOpen?: (session: HubSession) => void
  onClose?: (session: HubSession, code: number) => void
  onDuplicate?: (duplicate: Duplicate) => void
  onAck?: (session: HubSession, ids: readonly string[]) => void
  onTurnedAway?: (turnedAway: TurnedAway) => void
  onHandlerError?: (session: HubSession, t: string, error: unknown) => void
}

/** What a hub is made of; `monotonic` is a clock in milliseconds that never jumps. */
export type HubOptions<M extends HubMessages> = {
  identity: ServerIdentity & { bootId: string }
  monotonic: () => number
  decide: Decide
  offer: () => Omit<SessionOffer, 'limits'>
  messages: M
  handlers: HubHandlers<M>
  policy?: Partial<HubPolicy>
  events?: HubEvents
}
