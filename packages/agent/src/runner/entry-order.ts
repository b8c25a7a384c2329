import type { AttemptId } from './journal.ts'
import type { Entry } from './order-book.ts'

/** An attempt as one word. */
export const keyOf = (id: AttemptId): string => `${id.order}-${String(id.attempt)}`

/** When an order came, by the host's clock (ms); 0 where nothing is known of it. */
export const arrival = ({ records: [first] }: Entry): number => (first?.type === 'RECEIVED' || first?.type === 'FIRED' ? first.at : 0)

/** Compares by arrival: what came first is carried out first. */
export const byArrival = (a: Entry, b: Entry): number => arrival(a) - arrival(b)

/** True for an order that has begun and has no end. */
export const isOpen = (entry: Entry): boolean => entry.corrupt === null && entry.state.at !== 'ended' && entry.state.at !== 'empty'
