import { createTokenBucket, type TokenBucket } from '@drover/protocol'
import type { Budget } from './limits.ts'
import { RateError } from './rate-error.ts'

/** What everyone has left of one budget; times are milliseconds of `now`. */
export type Budgets = {
  /** Takes one; throws a RateError that says how long to wait where none is left. */
  readonly take: (who: string) => void
  /** Puts one back: what was asked for was not given. */
  readonly give: (who: string) => void
}

const REMEMBERED = 10_000

/** A bucket for each who asks, kept in memory: full ones are forgotten first, then those that asked longest ago. */
export const createBudgets = (budget: Budget, now: () => number): Budgets => {
  const buckets = new Map<string, TokenBucket>()
  const bucketOf = (who: string): TokenBucket => {
    const bucket = buckets.get(who) ?? createTokenBucket(budget)
    buckets.delete(who)
    if (buckets.size >= REMEMBERED) forget(buckets, now())
    buckets.set(who, bucket)
    return bucket
  }
  return {
    take: (who) => {
      const bucket = bucketOf(who)
      if (!bucket.take(now())) throw new RateError(budget.says, bucket.wait(now()))
    },
    give: (who) => buckets.get(who)?.give(now()),
  }
}

/** Makes room for many at once, so that a flood of new addresses does not look at all the old ones each time. */
const forget = (buckets: Map<string, TokenBucket>, now: number): void => {
  for (const [who, bucket] of buckets) if (bucket.isFull(now)) buckets.delete(who)
  for (const who of buckets.keys()) {
    if (buckets.size <= REMEMBERED / 2) return
    buckets.delete(who)
  }
}
