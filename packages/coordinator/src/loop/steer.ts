import { DroverError, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { type RunRow, writeRun } from '../store/runs.ts'
import { writeWaits } from '../store/waits.ts'

/** Cancels a run: what runs on a host now ends there, nothing new is sent. */
export const cancelRun = async (context: Context, run: RunRow, by: string): Promise<RunRow> => {
  if (run.state.kind === 'cancelled') return run
  if (run.endedAt !== null) throw new DroverError('run.not-open', `run ${run.id} is ${run.state.kind}`)
  const cancelled: RunRow = { ...run, state: { kind: 'cancelled', by }, endedAt: context.now() }
  await store(context, cancelled)
  await context.tell({ at: context.now(), cluster: run.cluster, run: run.id, said: say('run.cancelled', { who: by }) })
  return cancelled
}

/** Goes on with a run that asks, failed or was cancelled: what failed may be tried again, waits begin anew. */
export const retryRun = async (context: Context, run: RunRow): Promise<RunRow> => {
  if (run.state.kind === 'running' || run.state.kind === 'waiting') return run
  const newest = context.world.runs.get(run.cluster)
  if (run.state.kind === 'done' || run.state.kind === 'superseded' || newest?.id !== run.id) throw new DroverError('run.not-open', `run ${run.id} is ${run.state.kind}`)
  const spent = Object.fromEntries(Object.entries(run.spent).map(([key, used]) => [key, { sent: used.done, done: used.done, failed: 0 }]))
  const resumed: RunRow = { ...run, spent, state: { kind: 'running' }, endedAt: null }
  await writeWaits(context.db, run.cluster, new Map())
  context.world.waiting.delete(run.cluster)
  await store(context, resumed)
  await context.tell({ at: context.now(), cluster: run.cluster, run: run.id, said: say('run.resumed', {}) })
  return resumed
}

const store = async (context: Context, run: RunRow): Promise<void> => {
  await writeRun(context.db, run)
  context.world.runs.set(run.cluster, run)
  context.wake(run.cluster)
}
