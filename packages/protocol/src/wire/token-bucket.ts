/** Refill per second and the most that can be saved up. */
export type Rate = { perSecond: number; burst: number }

/** A token bucket; times are milliseconds of a monotonic clock. */
export type TokenBucket = {
  /** Takes `cost` if it is there; takes nothing and says false otherwise. */
  take: (now: number, cost?: number) => boolean
  /** Puts one back, never beyond the burst: something was asked for and may come on top of the rate. */
  give: (now: number) => void
  /** Whether the bucket is full again, so that forgetting it changes nothing. */
  isFull: (now: number) => boolean
  /** Milliseconds until one is there, 0 where it is already, Infinity where nothing flows back. */
  wait: (now: number) => number
}

/** A bucket that starts full. */
export const createTokenBucket = (rate: Rate): TokenBucket => {
  let level = rate.burst
  let at: number | null = null
  const refill = (now: number): void => {
    level = Math.min(rate.burst, level + (Math.max(0, now - (at ?? now)) * rate.perSecond) / 1000)
    at = now
  }
  return {
    take: (now, cost = 1) => {
      refill(now)
      if (level < cost) return false
      level -= cost
      return true
    },
    give: (now) => {
      refill(now)
      level = Math.min(rate.burst, level + 1)
    },
    isFull: (now) => {
      refill(now)
      return level >= rate.burst
    },
    wait: (now) => {
      refill(now)
      return level >= 1 ? 0 : ((1 - level) * 1000) / rate.perSecond
    },
  }
}
