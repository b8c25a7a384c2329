import type { Ms, Time } from '@drover/protocol'

/** What the journals know of a firing: how often it was tried, and whether the last try has ended in a failure. */
export type Tried = { readonly attempts: number; readonly failed: boolean }

/** A failed firing (`at`: its planned time) that waits for its next try since this process saw it fail (ms). */
export type Waiting = { readonly at: Time; readonly attempts: number; readonly since: Time }

/** Nothing to try again; wait on; or fire it now. */
export type Retry = { readonly is: 'none' } | { readonly is: 'wait'; readonly waiting: Waiting } | { readonly is: 'due' }

const MINUTE: Ms = 60_000
/** The pauses after the first tries; the last one stands for all that follow. */
const PAUSES: readonly Ms[] = [MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE]
/** So often one planned time is tried at most. */
export const MOST_TRIES = 12

const pauseAfter = (attempts: number): Ms => PAUSES[Math.min(attempts, PAUSES.length) - 1] ?? MINUTE

/**
 * Decides on the firing that a schedule fired last. How often it was tried is in the journals; the pause is counted from
 * when this process saw the failure, so that no clock that was set meanwhile makes many tries of one: a restart only waits
 * anew, a clock that goes back too.
 */
export const retryOf = (input: { readonly at: Time; readonly tried: Tried | null; readonly waiting: Waiting | null; readonly now: Time }): Retry => {
  const { at, tried, waiting, now } = input
  if (tried === null || !tried.failed || tried.attempts >= MOST_TRIES) return { is: 'none' }
  const { attempts } = tried
  const isKnown = waiting !== null && waiting.at === at && waiting.attempts === attempts && waiting.since <= now
  const since = isKnown ? waiting.since : now
  return now - since >= pauseAfter(attempts) ? { is: 'due' } : { is: 'wait', waiting: { at, attempts, since } }
}
