import type { HelloFacts, NodeState, RefuseCode, SignedEnrolment } from '@drover/protocol'
import type { Entry, SigningKey, VerifyKey } from '@drover/protocol/node'
import type * as z from 'zod'

/** The coordinator as the install line named it: where it is, its TLS pin (`sha256//…`) and its signing key. */
export type LinkCoordinator = { urls: readonly string[]; pin: string; key: VerifyKey }

/** The host's own keys: it signs with `node`; secrets for it are sealed to `sealPub` (raw X25519). */
export type LinkKeys = { node: SigningKey; sealPub: Uint8Array }

/** What an ACCEPT leaves behind for good. */
export type Accepted = {
  nodeId: string
  state: NodeState
  enrolment: SignedEnrolment
  endpoints: readonly string[]
  epoch: number
}

/** What the link needs kept on disk. */
export type LinkStore = {
  /** The enrolment record if there ever was one, else the join token, else null. A failed session changes nothing here. */
  entry: () => Promise<Entry | null>
  /** The last good list of the coordinator's URLs from an ACCEPT; empty before the first. */
  endpoints: () => Promise<readonly string[]>
  /** Keeps an ACCEPT; must be durable when it resolves, because the coordinator counts the session as open after it. */
  accepted: (accepted: Accepted) => Promise<void>
}

/** What the host says of itself: once in HELLO, and every 15 s in a heartbeat. */
export type LinkSays = {
  hello: () => Promise<HelloFacts>
  heartbeat: () => { t: string; body: unknown }
}

/** Message type to the schema of its body. */
export type LinkMessages = Readonly<Record<string, z.ZodType>>

/** A verified and validated message; `re` is the id of the message that it answers. */
export type LinkMessage<M extends LinkMessages> = {
  [T in keyof M & string]: { t: T; id: string; re: string | undefined; body: z.infer<M[T]> }
}[keyof M & string]

/** Why there is no session. Only `refused` is the coordinator's own signed word. */
export type LinkCause =
  | { code: 'not-enrolled' }
  | { code: 'refused'; refuse: RefuseCode }
  | { code: 'unreachable' | 'pin-mismatch' | 'coordinator-key-mismatch' | 'version' | 'malformed' | 'timeout'; detail: string }
  | { code: 'ended'; close: number; detail: string }

/** How the link stands; `skewMs` is this host's wall clock minus the coordinator's. */
export type LinkState =
  | { kind: 'connecting'; url: string }
  | { kind: 'open'; url: string; nodeId: string; state: NodeState; epoch: number; skewMs: number }
  | { kind: 'waiting'; cause: LinkCause; retryInMs: number }
  | { kind: 'closed' }

/** Times in milliseconds; the defaults are the protocol's. */
export type LinkTimes = {
  connect: number
  challenge: number
  accept: number
  heartbeat: number
  dead: number
  /** A session that lasted this long starts the backoff anew. */
  stable: number
  /** Delay before the next attempt; replaces the backoff in tests. */
  retry: ((usualMs: number) => number) | null
}

/** What a link is made of. */
export type LinkOptions<M extends LinkMessages> = {
  coordinator: LinkCoordinator
  keys: LinkKeys
  store: LinkStore
  says: LinkSays
  messages: M
  /** Resolves when the message is safely taken over (journaled): only then is its id acknowledged. */
  onMessage: (message: LinkMessage<M>) => Promise<void>
  onState: (state: LinkState) => void
  times?: Partial<LinkTimes>
}

/** How to send: with the outbox's own id, as an answer, waiting for the acknowledgement. */
export type SendOptions = { id?: string; re?: string; ack?: boolean }

/** A connection to the coordinator that comes back by itself for as long as it is not closed. */
export type Link = {
  /** Resolves when written, or with `ack` when the coordinator has stored it; rejects with `LinkClosed` otherwise. */
  send: (t: string, body: unknown, options?: SendOptions) => Promise<void>
  /** The coordinator's time in ms since 1970, counted on from the last ACCEPT by a monotonic clock; null before it. */
  serverNow: () => number | null
  /** Says goodbye and stops for good. */
  close: () => Promise<void>
}

/** There is no session, or it ended before the message was acknowledged: send it again from the outbox. */
export class LinkClosed extends Error {
  override readonly name = 'LinkClosed'
}
