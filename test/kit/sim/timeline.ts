/** Takes a planned event off the timeline. */
export type Cancel = () => void

/** Something that runs beside the rest and can be killed; whatever it awaits then never comes. What is `watched` does one thing at a time, which is waited for. */
export type Work = { dead: boolean; counted: boolean; readonly watched: boolean }

type Planned = { readonly at: number; readonly order: number; readonly run: () => void | Promise<void>; off: boolean }

/**
 * Virtual time in ms. Events run one after the other, each with all that follows from it at once; time passes only between
 * them. So the same seed gives the same story, however long a real machine takes over it.
 */
export type Timeline = {
  readonly now: () => number
  readonly after: (ms: number, run: Planned['run']) => Cancel
  /** Lets a work go on after so many ms, or at once where the signal ends before. */
  readonly pause: (work: Work, ms: number, signal?: AbortSignal) => Promise<void>
  /** A work that is busy from now on; one that does several things at once is not watched, and awaits nothing but the timeline. */
  readonly begin: (watched?: boolean) => Work
  /** The work has ended, or is killed. */
  readonly end: (work: Work) => void
  /** Runs events until something is so, at most for so many ms; gives whether it is. */
  readonly runUntil: (isSo: () => boolean, ms: number) => Promise<boolean>
}

type State = { now: number; order: number; busy: number; readonly planned: Planned[] }

const insert = ({ planned }: State, event: Planned): void => {
  let place = planned.length
  while (place > 0 && (planned[place - 1]?.at ?? 0) > event.at) place -= 1
  planned.splice(place, 0, event)
}

const HANGS_AFTER = 600_000

/** What follows from an event is over once nothing is left to do but to wait for the time. */
const settle = async (state: State): Promise<void> => {
  const began = performance.now()
  do {
    await new Promise((resolve) => void setImmediate(resolve))
    if (performance.now() - began > HANGS_AFTER) throw new Error('something runs on for ten minutes without a pause')
  } while (state.busy > 0)
}

const count = (state: State, work: Work, isBusy: boolean): void => {
  if (!work.watched || work.counted === isBusy) return
  work.counted = isBusy
  state.busy += isBusy ? 1 : -1
}

const pauseOf = (state: State, after: Timeline['after']): Timeline['pause'] => (work, ms, signal) => {
  if (signal?.aborted === true) return Promise.resolve()
  return new Promise((resolve) => {
    const goOn = (): void => {
      cancel()
      signal?.removeEventListener('abort', goOn)
      if (work.dead) return
      count(state, work, true)
      resolve()
    }
    const cancel = after(ms, goOn)
    signal?.addEventListener('abort', goOn)
    count(state, work, false)
  })
}

/** A timeline that begins at a time. */
export const createTimeline = (begin: number): Timeline => {
  const state: State = { now: begin, order: 0, busy: 0, planned: [] }
  const after: Timeline['after'] = (ms, run) => {
    state.order += 1
    const event: Planned = { at: state.now + Math.max(0, ms), order: state.order, run, off: false }
    insert(state, event)
    return () => {
      event.off = true
    }
  }
  return {
    now: () => state.now,
    after,
    pause: pauseOf(state, after),
    begin: (watched = true) => {
      const work: Work = { dead: false, counted: false, watched }
      count(state, work, true)
      return work
    },
    end: (work) => {
      work.dead = true
      count(state, work, false)
    },
    runUntil: async (isSo, ms) => {
      const end = state.now + ms
      while (!isSo()) {
        const event = state.planned[0]
        if (event === undefined || event.at > end) return false
        state.planned.shift()
        if (event.off) continue
        state.now = event.at
        await event.run()
        await settle(state)
      }
      return true
    },
  }
}
