import { setTimeout as wait } from 'node:timers/promises'

/** What `ask` answers within `ms`; null where it fails or takes longer. The process that asks ends soon, so nothing is cancelled. */
export const inTime = async <T>(ask: () => Promise<T>, ms = 8_000): Promise<T | null> => {
  const stop = new AbortController()
  const late = wait(ms, null, { signal: stop.signal, ref: false }).catch(() => null)
  try {
    return await Promise.race([ask(), late])
  } catch {
    return null
  } finally {
    stop.abort()
  }
}
