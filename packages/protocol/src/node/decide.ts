import type { EnrolmentRecord, HelloBody, NodeState, RefuseCode } from '../wire/handshake.ts'

/** A host whose key has proved itself: raw keys, what it says of itself, and the address it came from. */
export type Greeting = { nodePub: Uint8Array; sealPub: Uint8Array; body: HelloBody; remoteAddress: string }

/** A host that also proved a join token, named by its id; nothing is spent yet. */
export type EnrolGreeting = Greeting & { tokenId: string }

/**
 * A host that comes back. `claimed` is the record that it presented, already verified as our own signature over
 * this very key, or null where it presented none: a coordinator that was set back to an older state takes a host
 * with a record in again, and answers `unknown-node` (never `revoked`) to an unknown one without.
 */
export type ResumeGreeting = Greeting & { claimed: EnrolmentRecord | null }

/** What was decided about a host; `serial` and `enrolledAt` (ms since 1970) go into its enrolment record. */
export type Decision =
  | { ok: true; nodeId: string; state: NodeState; serial: number; enrolledAt: number }
  | { ok: false; code: RefuseCode; retryAfterMs: number }

/** Who may come in: answered by whatever keeps tokens and nodes. */
export type Decide = {
  /** The public half of a join token by its id, null where there is none; expiry and uses are judged by `enrol`. */
  tokenKey: (tokenId: string) => Promise<Uint8Array | null>
  /**
   * Spends the token and inserts the node in one transaction; a repeat by the same key within 10 minutes gives the
   * same node again. Must be durable when it resolves, because the host is told right after.
   */
  enrol: (greeting: EnrolGreeting) => Promise<Decision>
  /** Recognises a host by its key. */
  resume: (greeting: ResumeGreeting) => Promise<Decision>
}
