import { type Digests, digestsOf, DROVER, type Ruleset } from '@drover/protocol'
import type { FirewallState } from '../core/firewall/state.ts'
import type { FirewallSeen } from '../facts/read-firewall.ts'
import type { FirewallBackend } from '../firewall/backend.ts'
import type { HostWriter } from '../host/host.ts'
import { absolutePath } from '../host/path.ts'

/** What watching needs. `follow` starts what tells of changes and gives what stops it; `later` runs something after so many ms. */
export type FirewallWatchOptions = {
  readonly host: HostWriter
  readonly choose: () => Promise<FirewallBackend | null>
  readonly follow: (on: { readonly onChange: () => void; readonly onEnd: () => void }) => () => void
  readonly log: (line: string) => void
  readonly again?: (look: () => void, ms: number) => () => void
}

/** Puts the kept rules back where somebody else took them away or changed them. */
export type FirewallWatch = {
  /** Looks now; what differs is put back at the second look in a row, what is gone at once. Gives what is in force after it; null: no backend, or it cannot be read. */
  readonly look: () => Promise<FirewallSeen | null>
  /** How often the rules were put back since the start. */
  readonly repairs: () => number
  readonly stop: () => void
}

/** Between two looks at rules that differ, in ms: a step may be about to change them. */
const SECOND_LOOK_MS = 1_000

/** A person who stops all steps may have taken the rules away on purpose. */
const VETO = absolutePath(DROVER.veto)

/** What a look found, against what is kept. */
type Finding = 'fine' | 'gone' | 'differs' | 'expired'

const isSame = (a: Digests, b: Digests): boolean => a.rules === b.rules && a.members === b.members

/** Judges what is in force; while something is staged, its own dead-men look after it. */
export const judge = (state: FirewallState, kept: Digests | null): Finding => {
  if (kept !== null && state.active === null && state.staged === null) return state.expired ? 'expired' : 'gone'
  if (state.staged !== null) return 'fine'
  if (state.expired) return 'expired'
  if (kept === null || state.active === null) return 'fine'
  return isSame(state.active.digests, kept) ? 'fine' : 'differs'
}

const WORDS: Readonly<Record<Exclude<Finding, 'fine'>, string>> = {
  gone: 'its table was gone',
  differs: 'its rules had been changed',
  expired: 'a stage had ended and its rules were still there',
}

const later = (look: () => void, ms: number): (() => void) => {
  const timer = setTimeout(look, ms)
  return () => clearTimeout(timer)
}

/** The digests of the kept rules, worked out anew only when they are others. */
const rememberDigests = (): ((kept: Ruleset) => Digests) => {
  let last: { readonly ruleset: Ruleset; readonly digests: Digests } | null = null
  return (kept) => {
    if (last?.ruleset !== kept) last = { ruleset: kept, digests: digestsOf(kept) }
    return last.digests
  }
}

/** Starts watching with the first look; the program that tells of changes runs only while rules are kept. */
export const createFirewallWatch = (options: FirewallWatchOptions): FirewallWatch => {
  const { host, log, again = later } = options
  let repairs = 0
  let differed = false
  let cancel = (): void => undefined
  let unfollow: (() => void) | null = null
  let turn: Promise<FirewallSeen | null> = Promise.resolve(null)
  let stopped = false
  const digests = rememberDigests()

  const lookLater = (): void => {
    cancel()
    if (!stopped) cancel = again(() => void look(), SECOND_LOOK_MS)
  }
  const follow = (isKept: boolean): void => {
    if (!isKept) {
      unfollow?.()
      unfollow = null
    } else if (unfollow === null && !stopped) {
      unfollow = options.follow({ onChange: () => void look(), onEnd: () => (unfollow = null) })
    }
  }
  /** Resolves with true where the rules were put back. */
  const act = async (backend: FirewallBackend, finding: Finding): Promise<boolean> => {
    const isFirst = finding === 'differs' && !differed
    differed = isFirst
    if (isFirst) lookLater()
    if (isFirst || finding === 'fine' || (await host.stat(VETO)) !== null) return false
    await backend.restore(host)
    repairs += 1
    log(`the firewall rules were put back: ${WORDS[finding]}`)
    return true
  }
  const once = async (): Promise<FirewallSeen | null> => {
    const backend = stopped ? null : await options.choose()
    if (backend === null) return null
    const kept = await backend.readKept(host)
    follow(kept !== null)
    const state = await backend.read(host)
    const isBack = await act(backend, judge(state, kept === null ? null : digests(kept)))
    return { backend, state: isBack ? await backend.read(host) : state }
  }
  const failed = (error: unknown): null => {
    log(`the firewall cannot be looked after: ${error instanceof Error ? error.message : String(error)}`)
    return null
  }
  const look = (): Promise<FirewallSeen | null> => {
    turn = turn.then(once).catch(failed)
    return turn
  }
  return {
    look,
    repairs: () => repairs,
    stop: () => {
      stopped = true
      cancel()
      unfollow?.()
    },
  }
}
