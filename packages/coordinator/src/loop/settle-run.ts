import { type Action, type Forecast, type Plan, type RunState, type Said, say, type Wait } from '@drover/protocol'
import type { Context } from '../context.ts'
import { expiredWaits } from '../core/planner/wait.ts'
import { type ClusterRow, deleteCluster } from '../store/clusters.ts'
import type { Db } from '../store/db.ts'
import { type RunRow, writeRun } from '../store/runs.ts'
import { nameOf } from '../show/wait.ts'

/** What a plan meant for its run: how many orders it sent and what needs a person. */
export type Outcome = { readonly run: RunRow; readonly plan: Plan; readonly sent: number; readonly asks: readonly Action[] }

/** Moves a run to where its newest plan puts it, and stores it where that is another state than before. */
export const moveRun = async (context: Context, outcome: Outcome): Promise<RunRow> => {
  const { run } = outcome
  const state = stateAfter(context, outcome)
  if (JSON.stringify(state) === JSON.stringify(run.state)) return run
  const ended = state.kind === 'done' || state.kind === 'failed'
  const moved: RunRow = { ...run, state, endedAt: ended ? context.now() : null }
  await writeRun(context.db, moved)
  context.world.runs.set(run.cluster, moved)
  const said = saidOf(context, moved)
  if (said !== null) await context.tell({ at: context.now(), cluster: run.cluster, run: run.id, said })
  return moved
}

const stateAfter = (context: Context, { run, plan, sent, asks }: Outcome): RunState => {
  const fatal = plan.findings.find((finding) => finding.level === 'fatal')
  if (fatal !== undefined) return { kind: 'asking', said: fatal.said }
  const expired = expiredOf(context, run, plan)
  if (expired !== undefined) return { kind: expired.atLimit === 'fail' ? 'failed' : 'asking', said: say('run.asks.wait', { reason: nameOfWait(expired), seconds: Math.round(expired.limit / 1000) }) }
  const inFlight = plan.waits.some((wait) => wait.key.startsWith('order@'))
  if (sent > 0 || inFlight) return { kind: 'running' }
  const [first] = asks
  if (first !== undefined) return { kind: 'asking', said: whyAsked(context, run, first) }
  return { kind: plan.waits.length > 0 ? 'waiting' : 'done' }
}

const expiredOf = (context: Context, run: RunRow, plan: Plan): Wait | undefined =>
  expiredWaits(plan.waits, Object.fromEntries(context.world.waiting.get(run.cluster) ?? []), context.now())[0]

const nameOfWait = (wait: Wait): string => Object.values(wait.reason.args).join(' ')

const whyAsked = (context: Context, run: RunRow, action: Action): Said => {
  const host = nameOf(context.world, action.host)
  const failed = run.spent[action.key]?.failed ?? 0
  if (failed === 0) return say('run.asks.new', { kind: action.kind, host })
  const last = [...context.world.orders.values()].filter((order) => order.actionKey === action.key).at(-1)
  const message = last?.state.kind === 'failed' || last?.state.kind === 'refused' ? last.state.message : ''
  return say('run.asks.again', { kind: action.kind, host, failed, message })
}

const saidOf = (context: Context, run: RunRow): Said | null => {
  if (run.state.kind === 'done') {
    const actions = Object.values(run.spent).reduce((sum, spent) => sum + spent.done, 0)
    return say('run.done', { actions, seconds: Math.round((context.now() - run.startedAt) / 1000) })
  }
  return run.state.kind === 'asking' || run.state.kind === 'failed' ? run.state.said : null
}

/** After a run that served a wish to delete: the cluster is forgotten, its hosts are free again. */
export const endDeletion = async (context: Context, cluster: ClusterRow, forecast: Forecast): Promise<void> => {
  const { world } = context
  if (!forecast.requests.some((id) => world.requests.get(id)?.kind === 'delete-cluster')) return
  await context.db.transaction().execute((trx: Db) => deleteCluster(trx, cluster.name))
  world.clusters.delete(cluster.name)
  world.plans.delete(cluster.name)
  world.waiting.delete(cluster.name)
  for (const [id, order] of world.orders) if (order.cluster === cluster.name && order.endedAt !== null) world.orders.delete(id)
  await context.tell({ at: context.now(), cluster: cluster.name, said: say('cluster.deleted', { cluster: cluster.name }) })
}
