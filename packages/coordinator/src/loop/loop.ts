import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from '../context.ts'
import { reconcile } from './reconcile.ts'

const PACE = 250
const TICK = 5_000

/** Plans soon after each wake-up, at most four times a second for each cluster, one plan at a time. */
export type Loop = { readonly wake: (cluster: string | null) => void; readonly stop: () => Promise<void> }

type Pace = { last: number; timer: NodeJS.Timeout | null; running: Promise<void> | null; again: boolean }

/** The loop of a coordinator; events only wake it, it always reads the world again. */
export const createLoop = (context: () => Context): Loop => {
  const paces = new Map<string, Pace>()
  let stopped = false
  // A wake-up comes from inside a turn: what it starts must not count as part of it.
  const outside = AsyncLocalStorage.snapshot()
  const paceOf = (cluster: string): Pace => {
    const pace = paces.get(cluster) ?? { last: 0, timer: null, running: null, again: false }
    paces.set(cluster, pace)
    return pace
  }
  const run = (cluster: string, pace: Pace): void => {
    pace.timer = null
    pace.last = performance.now()
    pace.running = context()
      .turn(() => reconcile(context(), cluster))
      .catch((error: unknown) => context().log.error({ cluster, error }, 'planning failed; it is tried again'))
      .finally(() => {
        pace.running = null
        if (pace.again) wakeOne(cluster)
      })
  }
  const wakeOne = (cluster: string): void => {
    const pace = paceOf(cluster)
    pace.again = pace.running !== null
    if (stopped || pace.timer !== null || pace.again) return
    pace.timer = setTimeout(() => outside(run, cluster, pace), Math.max(0, pace.last + PACE - performance.now()))
  }
  const wake = (cluster: string | null): void => {
    if (cluster !== null) wakeOne(cluster)
    else for (const name of context().world.clusters.keys()) wakeOne(name)
  }
  const tick = setInterval(() => wake(null), TICK)
  tick.unref()
  return {
    wake,
    stop: async () => {
      stopped = true
      clearInterval(tick)
      for (const pace of paces.values()) if (pace.timer !== null) clearTimeout(pace.timer)
      await Promise.all([...paces.values()].map((pace) => pace.running ?? Promise.resolve()))
    },
  }
}
