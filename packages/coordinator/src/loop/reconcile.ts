import type { Action, Forecast, Plan, PlanInput, Run } from '@drover/protocol'
import type { Context } from '../context.ts'
import { allowed, judgeAll } from '../core/planner/allowed.ts'
import { planCluster } from '../core/planner/plan-cluster.ts'
import { approvedRequests } from '../core/planner/requests.ts'
import { toleranceOf } from '../core/planner/tolerance.ts'
import { isActive } from '../core/run/run.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { readForecast } from '../store/forecasts.ts'
import type { RunRow } from '../store/runs.ts'
import { openRequests } from '../world/world.ts'
import { askWitnesses } from './ask-witnesses.ts'
import { dispatch } from './dispatch.ts'
import { keepCopies } from './keep-copies.ts'
import { keepWaits } from './keep-waits.ts'
import { planInput, readContent } from './make-forecast.ts'
import { withdrawUnanswered } from './requests.ts'
import { moveRun } from './settle-run.ts'

/** Reads the world, plans, asks what is allowed, commits and sends. Takes no other argument than which cluster. */
export const reconcile = async (context: Context, name: string): Promise<void> => {
  const cluster = context.world.clusters.get(name)
  if (cluster === undefined) return
  await withdrawUnanswered(context, name)
  const run = openRun(context, name)
  const forecast = run === null ? null : await approvedForecast(context, run)
  const requests = approvedRequests(openRequests(context.world, name), forecast)
  const input = planInput(context, name, { spec: cluster.spec, settled: cluster.settled, hosts: 'members', requests })
  const plan = planCluster(input)
  context.world.plans.set(name, plan)
  await keepWaits(context, name, plan.waits)
  if (run === null || forecast === null) {
    await serveAlone(context, cluster, plan)
    return keepCopies(context, cluster)
  }
  await carryOn(context, { cluster, run, forecast, input, plan })
}

/** The run of a cluster that may still send something, or null. */
const openRun = (context: Context, cluster: string): RunRow | null => {
  const run = context.world.runs.get(cluster)
  return run !== undefined && isActive(run) ? run : null
}

const approvedForecast = async (context: Context, run: RunRow): Promise<Forecast> => {
  const row = await readForecast(context.db, run.forecast)
  if (row === null) throw new Error(`forecast ${run.forecast} is gone`)
  return readContent(row)
}

/** Without an open run only what reads, or takes a snapshot, for somebody's request is sent. */
const serveAlone = async (context: Context, cluster: ClusterRow, plan: Plan): Promise<void> => {
  const run: Run = { id: '', forecast: '', spent: spentOnRequests(context, cluster.name), state: { kind: 'running' } }
  const forecast: Forecast = { cluster: cluster.name, spec: cluster.spec, settled: cluster.settled, requests: [], phases: [], ifItFails: { retries: 0 }, findings: [], runnersUp: [] }
  const actions = plan.actions.filter((action) => allowed(action, { run, forecast, tolerates: 0, now: context.now() }) === 'yes')
  await dispatch(context, { cluster: cluster.name, incarnation: cluster.settled.incarnation, run: null, actions, by: 'request' })
}

const spentOnRequests = (context: Context, cluster: string): Run['spent'] =>
  Object.fromEntries([...context.world.orders.values()].filter((order) => order.cluster === cluster).map((order) => [order.actionKey, { sent: order.attempt, done: 0, failed: 0 }]))

type Going = { readonly cluster: ClusterRow; readonly run: RunRow; readonly forecast: Forecast; readonly input: PlanInput; readonly plan: Plan }

const carryOn = async (context: Context, going: Going): Promise<void> => {
  const { cluster, run, forecast, input, plan } = going
  await askWitnesses(context, input)
  const { tolerates } = toleranceOf(input.view, input.settled)
  const judged = judgeAll(plan.actions, { run, forecast, tolerates, now: context.now() })
  const isFatal = plan.findings.some((finding) => finding.level === 'fatal')
  const send: Action[] = isFatal ? [] : judged.filter(({ verdict }) => verdict !== 'ask').map(({ action }) => action)
  await dispatch(context, { cluster: cluster.name, incarnation: cluster.settled.incarnation, run, actions: send, by: run.approvedBy })
  const asks = judged.filter(({ verdict }) => verdict === 'ask').map(({ action }) => action)
  await moveRun(context, { run: context.world.runs.get(cluster.name) ?? run, forecast, plan, tolerates, sent: send.length, asks })
}
