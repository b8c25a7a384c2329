import { createTokenBucket, type Rate } from '@drover/protocol'

/** Lets writes through in order and no faster than the coordinator allows one host. */
export type Pacer = { add: (write: () => void, dropped: () => void) => void; stop: () => void }

/** A little below the coordinator's limit, so that a full outbox does not end the session. */
const PACE: Rate = { perSecond: 40, burst: 120 }

/** A pacer; `monotonic` is in milliseconds. Writes that wait when it is stopped are dropped, later ones at once. */
export const createPacer = (monotonic: () => number): Pacer => {
  const bucket = createTokenBucket(PACE)
  const waiting: { write: () => void; dropped: () => void }[] = []
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  const drain = (): void => {
    timer = undefined
    while (waiting.length > 0 && bucket.take(monotonic())) waiting.shift()?.write()
    if (waiting.length > 0) timer = setTimeout(drain, 1000 / PACE.perSecond)
  }
  return {
    add: (write, dropped) => {
      if (isStopped) return dropped()
      waiting.push({ write, dropped })
      if (timer === undefined) drain()
    },
    stop: () => {
      isStopped = true
      clearTimeout(timer)
      for (const { dropped } of waiting.splice(0)) dropped()
    },
  }
}
