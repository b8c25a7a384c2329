/** The coordinator's time as this host knows it; no wall clock of the host is involved. */
export type ServerClock = {
  /** Notes the coordinator's time in ms since 1970 at this moment of the monotonic clock. */
  set: (serverTime: number, monotonicMs: number) => void
  /** The coordinator's time at a moment of the monotonic clock, whole ms; null before the first `set`. */
  at: (monotonicMs: number) => number | null
}

/** A clock that does not know the time yet. */
export const createServerClock = (): ServerClock => {
  let known: { serverTime: number; monotonicMs: number } | null = null
  return {
    set: (serverTime, monotonicMs) => {
      known = { serverTime, monotonicMs }
    },
    at: (monotonicMs) =>
      known === null ? null : Math.floor(known.serverTime + Math.max(0, monotonicMs - known.monotonicMs)),
  }
}
