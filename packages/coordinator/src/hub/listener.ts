import type { Rounds } from './rounds.ts'

/** Frames of one session on their way to be verified and taken in, always in the order of their arrival. */
export type Listener = {
  add: (frame: Buffer) => void
  /** Hears at once what still waits for a round. */
  hearAll: () => void
}

/** `hear` gets each frame with the time of its arrival on the clock `monotonic`, in ms. */
type ListenerOptions = {
  rounds: Rounds
  monotonic: () => number
  isQuiet: () => boolean
  hear: (frame: Buffer, at: number) => void
}

/** So many frames do not wait for a round: a host that says so much is not quiet. */
const WAITING = 8

/**
 * A listener that hears each frame at once, but while the host is quiet in the next round of its hub: to wake up, verify and
 * answer for one frame alone costs more than twice what it costs among others.
 */
export const createListener = (from: ListenerOptions): Listener => {
  let waiting: { frame: Buffer; at: number }[] = []
  const hearAll = (): void => {
    const now = waiting
    waiting = []
    for (const { frame, at } of now) from.hear(frame, at)
  }
  return {
    add: (frame) => {
      waiting.push({ frame, at: from.monotonic() })
      if (!from.isQuiet() || waiting.length >= WAITING) hearAll()
      else if (waiting.length === 1) from.rounds.add(hearAll)
    },
    hearAll,
  }
}
