import type { Firing, Time } from '@drover/protocol'
import { retryOf, type Tried, type Waiting } from '../core/schedule/retry.ts'

/** What trying failed firings again needs. */
export type RetryOptions = {
  /** What the journals know of a firing; null where they know nothing. */
  readonly tried: (firing: Firing) => Tried | null
  readonly fire: (firing: Firing) => Promise<void>
  /** True while nothing is to be fired, since k3s is coming up. */
  readonly isPutOff: () => Promise<boolean>
}

/** The failed firings of a host's schedules that wait for their next try. */
export type Retries = {
  /** Has the journals read at the next look: a firing has failed. */
  readonly failed: () => void
  /** Fires again what is due at `now` (ms); `fired` are the planned times that the host's schedules fired last. Reads journals only where something failed. */
  readonly look: (now: Time, fired: () => Promise<Readonly<Record<string, Time>>>) => Promise<void>
}

/** Builds it with everything to be looked up once: an earlier process may have left something that failed. */
export const createRetries = ({ tried, fire, isPutOff }: RetryOptions): Retries => {
  const waiting = new Map<string, Waiting>()
  let owed = true
  const lookAt = async (now: Time, schedule: string, at: Time): Promise<void> => {
    const firing: Firing = { what: 'sched', schedule, at }
    const retry = retryOf({ at, tried: tried(firing), waiting: waiting.get(schedule) ?? null, now })
    if (retry.is === 'wait') waiting.set(schedule, retry.waiting)
    if (retry.is === 'wait' || (retry.is === 'due' && (await isPutOff()))) return
    if (retry.is === 'due') await fire(firing)
    waiting.delete(schedule)
  }
  return {
    failed: () => {
      owed = true
    },
    look: async (now, fired) => {
      if (!owed && waiting.size === 0) return
      const last = await fired()
      owed = false
      for (const schedule of waiting.keys()) if (last[schedule] === undefined) waiting.delete(schedule)
      for (const [schedule, at] of Object.entries(last)) await lookAt(now, schedule, at)
    },
  }
}
