import type { ApiLimits } from './limits.ts'

const WINDOW = 60_000
const REMEMBERED = 10_000

/** Failed tokens per address: too many in a minute and the address is refused for a time, whatever it sends. */
export type FailureLimit = {
  readonly note: (address: string) => void
  /** Milliseconds for which the address is still refused, 0 where it is not. */
  readonly refusedFor: (address: string) => number
}

type Failures = { readonly count: number; readonly until: number }

/** A limit that keeps its counts in memory, of those who failed last; `now` in ms. */
export const createFailureLimit = (now: () => number, { perMinute, refusedMs }: ApiLimits['failedTokens']): FailureLimit => {
  const failures = new Map<string, Failures>()
  const current = (address: string): Failures => {
    const found = failures.get(address)
    return found === undefined || now() > found.until ? { count: 0, until: now() + WINDOW } : found
  }
  return {
    note: (address) => {
      const { count, until } = current(address)
      failures.delete(address)
      const [oldest] = failures.keys()
      if (failures.size >= REMEMBERED && oldest !== undefined) failures.delete(oldest)
      failures.set(address, { count: count + 1, until: count + 1 === perMinute ? now() + refusedMs : until })
    },
    refusedFor: (address) => {
      const { count, until } = current(address)
      return count < perMinute ? 0 : until - now()
    },
  }
}
