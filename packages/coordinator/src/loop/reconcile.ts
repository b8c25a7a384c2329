import type { Action, Forecast, Plan, PlanInput, RequestId, Run } from '@drover/protocol'
import type { Context } from '../context.ts'
import { allowed } from '../core/planner/allowed.ts'
import { planCluster } from '../core/planner/plan-cluster.ts'
import { isServed } from '../core/planner/requests.ts'
import { toleranceOf } from '../core/planner/tolerance.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { readForecast } from '../store/forecasts.ts'
import type { RunRow } from '../store/runs.ts'
import { openRequests } from '../world/world.ts'
import { dispatch } from './dispatch.ts'
import { keepWaits } from './keep-waits.ts'
import { planInput, readContent } from './make-forecast.ts'
import { closeRequest } from './requests.ts'
import { endDeletion, moveRun } from './settle-run.ts'

/** Reads the world, plans, asks what is allowed, commits and sends. Takes no other argument than which cluster. */
export const reconcile = async (context: Context, name: string): Promise<void> => {
  const cluster = context.world.clusters.get(name)
  if (cluster === undefined) return
  const run = openRun(context, name)
  const input = approvedInput(context, cluster, await approvedRequests(context, run))
  const plan = planCluster(input)
  context.world.plans.set(name, plan)
  await keepWaits(context, name, plan.waits)
  await closeServed(context, cluster, input)
  if (run === null) return serveAlone(context, cluster, plan)
  await carryOn(context, { cluster, run, input, plan })
}

/** The run of a cluster that may still send something, or null. */
const openRun = (context: Context, cluster: string): RunRow | null => {
  const run = context.world.runs.get(cluster)
  return run !== undefined && (run.state.kind === 'running' || run.state.kind === 'waiting') ? run : null
}

/** Requests that the run's forecast was approved with; a wish to delete is planned only under its own approval. */
const approvedRequests = async (context: Context, run: RunRow | null): Promise<ReadonlySet<string>> => {
  const row = run === null ? null : await readForecast(context.db, run.forecast)
  return new Set(row === null ? [] : readContent(row).requests)
}

const approvedInput = (context: Context, cluster: ClusterRow, approved: ReadonlySet<string>): PlanInput => {
  const input = planInput(context, cluster.name, { spec: cluster.spec, settled: cluster.settled, hosts: 'members' })
  return { ...input, requests: input.requests.filter((request) => request.kind !== 'delete-cluster' || approved.has(request.id)) }
}

const closeServed = async (context: Context, cluster: ClusterRow, input: PlanInput): Promise<void> => {
  for (const row of openRequests(context.world, cluster.name)) {
    const planned = input.requests.find((request) => request.id === (row.id as RequestId))
    if (row.kind === 'delete-cluster' && planned !== undefined && isServed(input, planned)) {
      await closeRequest(context, row, { state: 'done', message: null, answer: null })
    }
  }
}

/** Without an open run only what reads for somebody's request is sent. */
const serveAlone = async (context: Context, cluster: ClusterRow, plan: Plan): Promise<void> => {
  const run: Run = { id: '', forecast: '', spent: spentOnRequests(context, cluster.name), state: { kind: 'running' } }
  const forecast: Forecast = { cluster: cluster.name, spec: cluster.spec, settled: cluster.settled, requests: [], phases: [], ifItFails: { retries: 0 }, findings: [], runnersUp: [] }
  const actions = plan.actions.filter((action) => action.class === 'observe' && allowed(action, { run, forecast, tolerates: 0, now: context.now() }) === 'yes')
  await dispatch(context, { cluster: cluster.name, incarnation: cluster.settled.incarnation, run: null, actions, by: 'request' })
}

const spentOnRequests = (context: Context, cluster: string): Run['spent'] =>
  Object.fromEntries([...context.world.orders.values()].filter((order) => order.cluster === cluster).map((order) => [order.actionKey, { sent: order.attempt, done: 0, failed: 0 }]))

type Going = { readonly cluster: ClusterRow; readonly run: RunRow; readonly input: PlanInput; readonly plan: Plan }

const carryOn = async (context: Context, going: Going): Promise<void> => {
  const { cluster, run, input, plan } = going
  const row = await readForecast(context.db, run.forecast)
  if (row === null) throw new Error(`forecast ${run.forecast} is gone`)
  const forecast = readContent(row)
  const tolerates = toleranceOf(input.view, input.settled).tolerates
  const judged = plan.actions.map((action) => ({ action, verdict: allowed(action, { run, forecast, tolerates, now: context.now() }) }))
  const isFatal = plan.findings.some((finding) => finding.level === 'fatal')
  const send: Action[] = isFatal ? [] : judged.filter(({ verdict }) => verdict === 'yes' || verdict === 'retry').map(({ action }) => action)
  await dispatch(context, { cluster: cluster.name, incarnation: cluster.settled.incarnation, run, actions: send, by: run.approvedBy })
  const asks = judged.filter(({ verdict }) => verdict === 'ask').map(({ action }) => action)
  const moved = await moveRun(context, { run: context.world.runs.get(cluster.name) ?? run, plan, sent: send.length, asks })
  if (moved.state.kind === 'done') await endDeletion(context, cluster, forecast)
}
