import { type Action, DeletionWishSchema, type Forecast, type HostId, type Plan, render, RestoreWishSchema, type Run, type Said, say, type Wait } from '@drover/protocol'
import type { Context } from '../context.ts'
import { toleratedBefore } from '../core/planner/allowed.ts'
import { firstName } from '../core/planner/requests.ts'
import { expiredWaits } from '../core/planner/wait.ts'
import { settledWithoutLeft } from '../core/planner/without-left.ts'
import { transitionRun, type RunEvent, whyAsk } from '../core/run/run.ts'
import { dropCopy } from '../copies/take-copy.ts'
import { nameOf } from '../show/wait.ts'
import { type ClusterRow, deleteCluster, writeCluster } from '../store/clusters.ts'
import type { Db } from '../store/db.ts'
import { endRequest, type RequestRow } from '../store/requests.ts'
import { type RunRow, writeRun } from '../store/runs.ts'
import { transact } from '../store/transact.ts'
import { openRequests } from '../world/world.ts'
import { planInput } from './make-forecast.ts'
import { type ClosedRequest, closed } from './requests.ts'

/** What a plan meant for its run: the failures that the cluster tolerates now, how many orders were sent and what needs a person. */
export type Outcome = {
  readonly run: RunRow
  readonly forecast: Forecast
  readonly plan: Plan
  readonly tolerates: number
  readonly sent: number
  readonly asks: readonly Action[]
}

/**
 * Moves a run to where its newest plan puts it, and stores it where that is another state than before. Where a run that
 * was approved to delete the cluster is done, the cluster is forgotten in the same commit and its hosts are free again.
 */
export const moveRun = async (context: Context, outcome: Outcome): Promise<RunRow> => {
  const { run } = outcome
  const next: Run = transitionRun(run, eventOf(context, outcome))
  if (JSON.stringify(next.state) === JSON.stringify(run.state)) return run
  const isDone = next.state.kind === 'done'
  const moved: RunRow = { ...run, ...next, endedAt: isDone || next.state.kind === 'failed' ? context.now() : null }
  const served = isDone ? servedBy(context, outcome) : []
  await keepMoved(context, moved, served)
  for (const request of served) await dropCopyOf(context, request)
  const said = saidOf(context, moved)
  if (said !== null) await context.tell({ at: context.now(), cluster: run.cluster, run: run.id, said })
  for (const about of served.flatMap((request) => outcomeOf(context, request))) await context.tell({ at: context.now(), cluster: run.cluster, said: about })
  return moved
}

/** Stores a moved run with the requests that it has served, in one commit, then takes them over into the world. */
const keepMoved = async (context: Context, moved: RunRow, served: readonly ClosedRequest[]): Promise<void> => {
  const isDeleted = served.some((request) => request.kind === 'delete-cluster')
  const without = isDeleted ? null : withoutLeavers(context, moved)
  await transact(context.db, async (trx) => {
    await writeRun(trx, moved)
    for (const request of served) await endRequest(trx, request)
    await writeEnd(trx, moved.cluster, { isDeleted, without })
  })
  context.world.runs.set(moved.cluster, moved)
  for (const request of served) context.world.requests.delete(request.id)
  if (isDeleted) forget(context, moved.cluster)
  else if (without !== null) context.world.clusters.set(without.name, without)
}

/** A cluster that was deleted is forgotten, hosts that have left it are. */
const writeEnd = async (trx: Db, name: string, { isDeleted, without }: { readonly isDeleted: boolean; readonly without: ClusterRow | null }): Promise<void> => {
  if (isDeleted) await deleteCluster(trx, name)
  else if (without !== null) await writeCluster(trx, without)
}

/** The cluster without the hosts that have left it, which are free again; null where it stays as it is. */
const withoutLeavers = (context: Context, { cluster: name, state }: RunRow): ClusterRow | null => {
  const cluster = context.world.clusters.get(name)
  if (state.kind !== 'done' || cluster?.settled.leaving === undefined) return null
  const { spec, settled } = cluster
  return { ...cluster, settled: settledWithoutLeft(planInput(context, name, { spec, settled, hosts: 'members', requests: [] })) }
}

/** The wishes that a run which is done has carried out: those that its forecast names, and with the cluster itself all others. */
const servedBy = ({ world }: Context, { run, forecast }: Outcome): readonly ClosedRequest[] => {
  const open = openRequests(world, run.cluster)
  const named = open.filter(({ id }) => forecast.requests.includes(id))
  const isDeletion = named.some(({ kind }) => kind === 'delete-cluster')
  const end = (row: RequestRow): ClosedRequest =>
    named.includes(row) ? closed(row, { state: 'done', message: null, answer: null }) : closed(row, { state: 'withdrawn', message: 'the cluster was deleted', answer: null })
  return (isDeletion ? open : named).map(end)
}

/** With a snapshot that somebody asked to delete goes its copy. */
const dropCopyOf = async (context: Context, { kind, cluster, params, state }: ClosedRequest): Promise<void> => {
  if (kind !== 'delete-snapshot' || state !== 'done') return
  await dropCopy(context, { cluster, name: DeletionWishSchema.parse(params).snapshot, why: 'the snapshot was deleted' })
}

/** What people are told of a wish that was carried out. */
const outcomeOf = (context: Context, request: ClosedRequest): readonly Said[] => {
  const { cluster, kind, state } = request
  if (state !== 'done') return []
  if (kind === 'delete-cluster') return [say('cluster.deleted', { cluster })]
  return kind === 'restore' ? restored(context, request) : []
}

/** How much was in the snapshot, and how much is there by the first snapshot after it. */
const restored = ({ world }: Context, { cluster, params }: ClosedRequest): readonly Said[] => {
  const settled = world.clusters.get(cluster)?.settled
  const wish = RestoreWishSchema.safeParse(params)
  if (settled === undefined || !wish.success) return []
  const { snapshot } = wish.data
  const held = [settled.seed, ...(Object.keys(settled.roles) as HostId[])].flatMap((id) => world.hosts.get(id)?.facts?.value.facts.snapshots ?? [])
  const first = firstName(settled.incarnation)
  const was = held.find(({ name }) => name === snapshot)
  const now = held.find(({ name, opens }) => opens && (name === first || name.startsWith(`${first}-`)))
  return [say('cluster.restored', { cluster, snapshot, was: was?.objects ?? '?', now: now?.objects ?? '?' })]
}

const forget = ({ world }: Context, cluster: string): void => {
  world.clusters.delete(cluster)
  world.plans.delete(cluster)
  world.waiting.delete(cluster)
  for (const [id, order] of world.orders) if (order.cluster === cluster && order.endedAt !== null) world.orders.delete(id)
}

const eventOf = (context: Context, outcome: Outcome): RunEvent => {
  const { run, plan, sent, asks } = outcome
  const fatal = plan.findings.find((finding) => finding.level === 'fatal')
  if (fatal !== undefined) return { kind: 'asks', said: fatal.said }
  const [expired] = expiredWaits(plan.waits, Object.fromEntries(context.world.waiting.get(run.cluster) ?? []), context.now())
  if (expired !== undefined) return { kind: expired.atLimit === 'fail' ? 'fatal' : 'asks', said: gaveUp(context, expired) }
  const open = plan.waits.filter((wait) => wait.key.startsWith('order@')).length
  const [first] = asks
  if (first !== undefined && sent + open === 0) return { kind: 'asks', said: whyOf(context, outcome, first) }
  return { kind: 'planned', actions: sent, waits: plan.waits.length, open }
}

const whyOf = (context: Context, { run, forecast, tolerates }: Outcome, first: Action): Said => {
  const before = toleratedBefore(first, forecast)
  if (first.change !== null && before !== null && tolerates < before) return say('run.asks.tolerance', { now: tolerates, forecast: before })
  return withLastWords(context, first, whyAsk(run, first, nameOf(context.world, first.host)))
}

/** What the host said the last time, instead of a mere count. */
const withLastWords = (context: Context, action: Action, said: Said): Said => {
  const states = [...context.world.orders.values()].filter((order) => order.actionKey === action.key).map((order) => order.state)
  const last = states.findLast((state) => state.kind === 'failed' || state.kind === 'refused')
  return last === undefined || !('message' in last) ? said : { ...said, args: { ...said.args, message: last.message } }
}

const gaveUp = ({ world }: Context, wait: Wait): Said =>
  say('run.asks.wait', { reason: `${wait.on.map((id) => nameOf(world, id)).join(', ')}: ${render(wait.reason)}`, seconds: Math.round(wait.limit / 1000) })

const saidOf = (context: Context, run: RunRow): Said | null => {
  if (run.state.kind === 'done') {
    const actions = Object.values(run.spent).reduce((sum, spent) => sum + spent.done, 0)
    return say('run.done', { actions, seconds: Math.round((context.now() - run.startedAt) / 1000) })
  }
  return run.state.kind === 'asking' || run.state.kind === 'failed' ? run.state.said : null
}
