/** How long to wait between attempts: full jitter between one second and a ceiling that doubles up to a minute. */
export const BACKOFF = { leastMs: 1_000, mostMs: 60_000, hourMs: 3_600_000 } as const

/** Delay in whole milliseconds before attempt `attempt` + 1 (0 after the first failure); `random` is in [0, 1). */
export const backoffMs = (attempt: number, random: number): number => {
  const { leastMs, mostMs } = BACKOFF
  const ceiling = Math.min(mostMs, leastMs * 2 ** Math.min(attempt + 1, 16))
  return Math.floor(leastMs + random * (ceiling - leastMs))
}

/** What a coordinator's signed refusal asks for: `revoked` is asked again hourly, the rest as told within an hour. */
export type RefusalDelay = { code: string; retryAfterMs: number }

/** Delay after a signed refusal, never shorter than the usual backoff. */
export const refusalBackoffMs = (refusal: RefusalDelay, attempt: number, random: number): number => {
  const usual = backoffMs(attempt, random)
  if (refusal.code === 'revoked') return BACKOFF.hourMs + usual
  return Math.max(usual, Math.min(refusal.retryAfterMs, BACKOFF.hourMs))
}
