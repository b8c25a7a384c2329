import { DroverError, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { transitionOrder } from '../core/run/order.ts'
import { canRetry, isActive, isOver, transitionRun } from '../core/run/run.ts'
import { writeOrderState } from '../store/orders.ts'
import { type RunRow, writeRun } from '../store/runs.ts'
import { writeWaits } from '../store/waits.ts'

/** Cancels a run: what runs on a host now ends there, nothing new is sent. */
export const cancelRun = async (context: Context, run: RunRow, by: string): Promise<RunRow> => {
  if (run.state.kind === 'cancelled') return run
  if (isOver(run)) throw new DroverError('run.not-open', `run ${run.id} is ${run.state.kind}`)
  const cancelled: RunRow = { ...run, ...transitionRun(run, { kind: 'cancelled', by }), endedAt: context.now() }
  await withdraw(context, run.id)
  await store(context, cancelled)
  await context.tell({ at: context.now(), cluster: run.cluster, run: run.id, said: say('run.cancelled', { who: by }) })
  return cancelled
}

/** Goes on with a run that asks, failed or was cancelled: what failed may be tried again, waits begin anew. */
export const retryRun = async (context: Context, run: RunRow): Promise<RunRow> => {
  if (isActive(run)) return run
  const newest = context.world.runs.get(run.cluster)
  if (!canRetry(run) || newest?.id !== run.id) throw new DroverError('run.not-open', `run ${run.id} is ${run.state.kind}`)
  const resumed: RunRow = { ...run, ...transitionRun(run, { kind: 'retried' }), endedAt: null }
  await writeWaits(context.db, run.cluster, new Map())
  context.world.waiting.delete(run.cluster)
  await store(context, resumed)
  await context.tell({ at: context.now(), cluster: run.cluster, run: run.id, said: say('run.resumed', {}) })
  return resumed
}

/** Takes back orders of a run that were never sent. */
const withdraw = async (context: Context, run: string): Promise<void> => {
  for (const order of context.world.orders.values()) {
    if (order.run !== run || order.state.kind !== 'queued') continue
    const taken = { ...order, state: transitionOrder(order.state, { kind: 'superseded', at: context.now(), by: run }), endedAt: context.now() }
    await writeOrderState(context.db, taken)
    context.world.orders.set(order.id, taken)
  }
}

const store = async (context: Context, run: RunRow): Promise<void> => {
  await writeRun(context.db, run)
  context.world.runs.set(run.cluster, run)
  context.wake(run.cluster)
}
