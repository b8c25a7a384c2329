import type { Members, Ruleset } from '@drover/protocol'
import type { FirewallState } from '../core/firewall/state.ts'
import type { HostReader, HostWriter } from '../host/host.ts'

/** What is staged: rules, and for how long they hold without a commit. */
export type Staging = { readonly ruleset: Ruleset; readonly windowMs: number }

/** One way to carry a ruleset out on a host. Each verb takes the whole of what is wanted and may be repeated. */
export type FirewallBackend = {
  /** Travels as it is: a coordinator need not know it. */
  readonly name: string
  /** Whether the host has what this backend works with. */
  readonly isThere: (host: HostReader) => Promise<boolean>
  /** What is in force now, as the kernel tells it. */
  readonly read: (host: HostReader) => Promise<FirewallState>
  /** What is kept on disk for the next boot; null: nothing. */
  readonly readKept: (host: HostReader) => Promise<Ruleset | null>
  /** Arms both dead-men, then puts the rules in force. */
  readonly stage: (host: HostWriter, wanted: Staging) => Promise<void>
  /** Keeps what is staged (or in force) for good: on disk first, then in the kernel. */
  readonly commit: (host: HostWriter, ruleset: Ruleset) => Promise<void>
  /** Changes the members of what is in force, on disk first. */
  readonly setMembers: (host: HostWriter, members: Members) => Promise<void>
  /** Puts in force what is kept on disk, or nothing where nothing is; what is staged ends by it, its timer does not. */
  readonly restore: (host: HostWriter) => Promise<void>
  /** Takes all of it away; names what was there. */
  readonly remove: (host: HostWriter) => Promise<readonly string[]>
}
