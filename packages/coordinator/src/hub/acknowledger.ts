import { WIRE_LIMITS } from '@drover/protocol'

/** Collects ids of messages that are safely stored and hands them on together, at the end of the turn. */
export type Acknowledger = { add: (id: string) => void }

/** An acknowledger; `flush` gets 1 to 256 ids. */
export const createAcknowledger = (flush: (ids: string[]) => void): Acknowledger => {
  let held: string[] = []
  const flushAll = (): void => {
    while (held.length > 0) {
      const now = held.slice(0, WIRE_LIMITS.idsPerAck)
      held = held.slice(now.length)
      flush(now)
    }
  }
  return {
    add: (id) => {
      if (held.length === 0) setImmediate(flushAll)
      held.push(id)
    },
  }
}
