import { keyOf } from './entry-order.ts'
import type { AttemptId } from './journal.ts'

/** What is done with each attempt in turn. */
export type QueueOptions = {
  /** Resolves when the attempt has its end; rejects where it could not be looked at. */
  readonly carryOut: (id: AttemptId) => Promise<void>
  /** Called after a rejection; what it gives is waited for, then the same attempt comes again. `failures` counts those in a row. */
  readonly waitAfter: (id: AttemptId, about: { readonly error: string; readonly failures: number }) => Promise<void>
}

/** Attempts that are carried out one after the other, in the order in which they came. */
export type AttemptQueue = {
  /** Has an attempt carried out where it neither waits nor runs yet. */
  readonly push: (id: AttemptId) => void
  /** How many wait or are carried out. */
  readonly size: () => number
  /** Takes up no more; what is being carried out goes on. */
  readonly stop: () => void
}

type State = { readonly waiting: AttemptId[]; current: string | null; running: boolean; stopped: boolean }

/** Builds an empty queue. */
export const createQueue = (options: QueueOptions): AttemptQueue => {
  const state: State = { waiting: [], current: null, running: false, stopped: false }
  return {
    push: (id) => {
      const key = keyOf(id)
      if (state.current !== key && !state.waiting.some((one) => keyOf(one) === key)) state.waiting.push(id)
      void work(options, state)
    },
    size: () => new Set([...state.waiting.map(keyOf), ...(state.current === null ? [] : [state.current])]).size,
    stop: () => {
      state.stopped = true
    },
  }
}

/** One at a time; what could not be looked at (systemd did not answer) is looked at again. */
const work = async (options: QueueOptions, state: State): Promise<void> => {
  if (state.running) return
  state.running = true
  let failures = 0
  for (let id = state.waiting.shift(); id !== undefined && !state.stopped; id = state.waiting.shift()) {
    state.current = keyOf(id)
    const error = await options.carryOut(id).then(() => null, String)
    failures = error === null ? 0 : failures + 1
    if (error === null) continue
    state.waiting.unshift(id)
    await options.waitAfter(id, { error, failures })
  }
  state.current = null
  state.running = false
}
