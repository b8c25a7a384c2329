import { DroverError, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { canRetry, isActive, isOver, transitionRun } from '../core/run/run.ts'
import { writeOrderState } from '../store/orders.ts'
import { type RunRow, writeRun } from '../store/runs.ts'
import { transact } from '../store/transact.ts'
import { writeWaits } from '../store/waits.ts'
import { forgetTrials } from '../world/trial.ts'
import { queuedOrders } from './queued-orders.ts'

/** Cancels a run: what runs on a host now ends there, nothing new is sent. */
export const cancelRun = (context: Context, found: RunRow, by: string): Promise<RunRow> =>
  context.turn(async () => {
    const run = current(context, found)
    if (run.state.kind === 'cancelled') return run
    if (isOver(run)) throw new DroverError('run.not-open', `run ${run.id} is ${run.state.kind}`)
    const cancelled: RunRow = { ...run, ...transitionRun(run, { kind: 'cancelled', by }), endedAt: context.now() }
    const taken = queuedOrders(context, run, run.id)
    await transact(context.db, async (trx) => {
      for (const order of taken) await writeOrderState(trx, order)
      await writeRun(trx, cancelled)
    })
    for (const order of taken) context.world.orders.set(order.id, order)
    return moved(context, cancelled, say('run.cancelled', { who: by }))
  })

/** Goes on with a run that asks, failed or was cancelled: what failed may be tried again, waits begin anew. */
export const retryRun = (context: Context, found: RunRow): Promise<RunRow> =>
  context.turn(async () => {
    const run = current(context, found)
    if (isActive(run)) return run
    const newest = context.world.runs.get(run.cluster)
    if (!canRetry(run) || newest?.id !== run.id || !context.world.clusters.has(run.cluster)) throw new DroverError('run.not-open', `run ${run.id} is ${run.state.kind}`)
    const resumed: RunRow = { ...run, ...transitionRun(run, { kind: 'retried' }), endedAt: null }
    await transact(context.db, async (trx) => {
      await writeWaits(trx, run.cluster, new Map())
      await writeRun(trx, resumed)
    })
    context.world.waiting.delete(run.cluster)
    forgetTrials(context.world.trials, run.cluster)
    return moved(context, resumed, say('run.resumed', {}))
  })

/** The run as it is now; it was looked up before this turn began. */
const current = (context: Context, found: RunRow): RunRow => {
  const held = context.world.runs.get(found.cluster)
  return held?.id === found.id ? held : found
}

const moved = async (context: Context, run: RunRow, said: ReturnType<typeof say>): Promise<RunRow> => {
  context.world.runs.set(run.cluster, run)
  context.wake(run.cluster)
  await context.tell({ at: context.now(), cluster: run.cluster, run: run.id, said })
  return run
}
