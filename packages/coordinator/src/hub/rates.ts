import { createTokenBucket } from '@drover/protocol'
import type { HubPolicy } from './policy.ts'

/** How fast one host may talk; times are milliseconds of a monotonic clock. */
export type NodeRates = {
  takeFrame: (now: number) => boolean
  /** What to do with a message of a type and size: take it, drop it (logs), or close the session. */
  takeMessage: (t: string, bytes: number, now: number) => 'take' | 'drop' | 'close'
  /** A message of that type goes to the host: what it asks for may come on top of the rate. */
  noteSent: (t: string, now: number) => void
  droppedLogs: () => number
}

/** Fresh rates for one session. */
export const createNodeRates = (policy: HubPolicy): NodeRates => {
  const frames = createTokenBucket(policy.perNode.frames)
  const logBytes = createTokenBucket(policy.perNode.logBytes)
  const inventory = createTokenBucket(policy.perNode.inventory)
  let dropped = 0
  return {
    takeFrame: (now) => frames.take(now),
    takeMessage: (t, bytes, now) => {
      const kind = policy.classes[t] ?? 'control'
      if (kind === 'inventory') return inventory.take(now) ? 'take' : 'close'
      if (kind !== 'log' || logBytes.take(now, bytes)) return 'take'
      dropped += 1
      return 'drop'
    },
    noteSent: (t, now) => {
      if (policy.asksForInventory.has(t)) inventory.give(now)
    },
    droppedLogs: () => dropped,
  }
}
