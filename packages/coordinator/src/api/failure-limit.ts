const WINDOW = 60_000
const ALLOWED = 20
const REMEMBERED = 10_000

/** Failed tokens per address: more than 20 in a minute and the address waits out the minute. */
export type FailureLimit = { readonly note: (address: string) => void; readonly isBlocked: (address: string) => boolean }

/** A limit that keeps its counts in memory; `now` in ms. */
export const createFailureLimit = (now: () => number): FailureLimit => {
  const failures = new Map<string, { count: number; since: number }>()
  const current = (address: string): { count: number; since: number } => {
    const found = failures.get(address)
    return found === undefined || now() - found.since > WINDOW ? { count: 0, since: now() } : found
  }
  return {
    note: (address) => {
      const { count, since } = current(address)
      if (failures.size > REMEMBERED) failures.clear()
      failures.set(address, { count: count + 1, since })
    },
    isBlocked: (address) => current(address).count >= ALLOWED,
  }
}
