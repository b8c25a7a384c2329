import { createTokenBucket, type TokenBucket } from '@drover/protocol'
import type { HubPolicy } from './policy.ts'

/** Counts of what has not proved itself yet, per address and in all. */
export type Admission = {
  /** A place for one unauthenticated socket, or null where there is none; `leave` may be called more than once. */
  enter: (address: string) => { leave: () => void } | null
  /** Whether one more signature check is within the budgets of the address and of all. */
  spendSignature: (address: string, now: number) => boolean
  /** Notes that an address has an open session (+1) or one fewer (-1). */
  noteSession: (address: string, change: 1 | -1) => void
}

/** Most addresses whose budgets are remembered; full budgets are forgotten first, then all others. */
const MAX_ADDRESSES = 10_000

/** Admission by a policy; half of all places are kept for addresses with enrolled hosts. */
export const createAdmission = (policy: HubPolicy): Admission => {
  const waiting = new Map<string, number>()
  const sessions = new Map<string, number>()
  const budgets = new Map<string, TokenBucket>()
  const all = createTokenBucket(policy.signatures.all)
  let waitingInAll = 0

  const count = (counts: Map<string, number>, address: string, change: number): void => {
    const next = (counts.get(address) ?? 0) + change
    if (next > 0) counts.set(address, next)
    else counts.delete(address)
  }
  const isKnown = (address: string): boolean => sessions.has(address) || policy.isKnownAddress(address)
  const hasRoom = (address: string): boolean => {
    const { perStranger, perKnown, all: most } = policy.sockets
    const known = isKnown(address)
    if (waitingInAll >= (known ? most : most / 2)) return false
    return (waiting.get(address) ?? 0) < (known ? perKnown : perStranger)
  }
  const budgetOf = (address: string, now: number): TokenBucket => {
    const held = budgets.get(address)
    if (held !== undefined) return held
    if (budgets.size >= MAX_ADDRESSES) forgetBudgets(budgets, now)
    const fresh = createTokenBucket(policy.signatures.perAddress)
    budgets.set(address, fresh)
    return fresh
  }
  return {
    enter: (address) => {
      if (!hasRoom(address)) return null
      count(waiting, address, 1)
      waitingInAll += 1
      let isInside = true
      const leave = (): void => {
        if (!isInside) return
        isInside = false
        count(waiting, address, -1)
        waitingInAll -= 1
      }
      return { leave }
    },
    spendSignature: (address, now) => budgetOf(address, now).take(now) && all.take(now),
    noteSession: (address, change) => {
      count(sessions, address, change)
    },
  }
}

const forgetBudgets = (budgets: Map<string, TokenBucket>, now: number): void => {
  for (const [address, budget] of budgets) if (budget.isFull(now)) budgets.delete(address)
  if (budgets.size >= MAX_ADDRESSES) budgets.clear()
}
