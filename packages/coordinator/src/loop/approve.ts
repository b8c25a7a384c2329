import { randomBytes } from 'node:crypto'
import { DroverError, type Forecast, say } from '@drover/protocol'
import { toText, utf8 } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { forecast } from '../core/planner/forecast.ts'
import { needsApproval } from '../core/planner/requests.ts'
import { newId } from '../new-id.ts'
import { type ClusterRow, writeCluster } from '../store/clusters.ts'
import { approveForecast, type ForecastRow, readRunOfForecast } from '../store/forecasts.ts'
import { type OrderRow, writeOrderState } from '../store/orders.ts'
import { endRequest } from '../store/requests.ts'
import { insertRun, type RunRow, writeRun } from '../store/runs.ts'
import { secretId, writeSecret } from '../store/secrets.ts'
import { transact } from '../store/transact.ts'
import { forgetTrials } from '../world/trial.ts'
import { clusterOf, openRequests } from '../world/world.ts'
import { hostsOf, planInput, readContent } from './make-forecast.ts'
import { queuedOrders } from './queued-orders.ts'
import { type ClosedRequest, closed } from './requests.ts'

/** Turns a forecast into a run: checks that it is still what would be done, then commits spec, settled choices and run at once. */
export const approve = (context: Context, about: { readonly row: ForecastRow; readonly hash: string; readonly by: string }): Promise<RunRow> =>
  context.turn(async () => {
    const { row, by } = about
    if (row.hash !== about.hash) throw new DroverError('forecast.hash', 'the hash is not that of this forecast')
    await refuseApproved(context, row.id)
    const content = readContent(row)
    refuseFatal(content)
    refuseTaken(context, content)
    refuseStale(context, content)
    const change = changeOf(context, { row, content, by })
    await commit(context, change)
    patch(context, change)
    await context.tell({ at: change.run.startedAt, cluster: content.cluster, run: change.run.id, said: say('run.started', { forecast: row.id, who: by }) })
    context.wake(content.cluster)
    return change.run
  })

/** All that an approval changes, before it is committed. */
type Change = {
  readonly forecast: string
  readonly cluster: ClusterRow
  readonly run: RunRow
  /** The run that was open until now, superseded, with its orders that never left. */
  readonly superseded: RunRow | null
  readonly taken: readonly OrderRow[]
  /** Wishes that need an approval and that this one does not carry out. */
  readonly withdrawn: readonly ClosedRequest[]
}

const changeOf = (context: Context, about: { row: ForecastRow; content: Forecast; by: string }): Change => {
  const { row, content, by } = about
  const now = context.now()
  const before = context.world.clusters.get(content.cluster)
  const cluster: ClusterRow = {
    name: content.cluster,
    revision: (before?.revision ?? 0) + (content.requests.length > 0 ? 0 : 1),
    spec: content.spec,
    settled: content.settled,
    createdAt: before?.createdAt ?? now,
  }
  const run: RunRow = { id: newId('run'), cluster: content.cluster, forecast: row.id, state: { kind: 'running' }, spent: {}, approvedBy: by, startedAt: now, endedAt: null }
  const open = context.world.runs.get(cluster.name)
  const superseded: RunRow | null = open === undefined || open.endedAt !== null ? null : { ...open, state: { kind: 'superseded', by: run.id }, endedAt: now }
  return {
    forecast: row.id,
    cluster,
    run,
    superseded,
    taken: open === undefined ? [] : queuedOrders(context, open, run.id),
    withdrawn: openRequests(context.world, cluster.name)
      .filter((request) => needsApproval(request) && !content.requests.includes(request.id))
      .map((request) => closed(request, { state: 'withdrawn', message: 'another forecast was approved', answer: null })),
  }
}

const commit = (context: Context, change: Change): Promise<void> =>
  transact(context.db, async (trx) => {
    const { cluster, run, superseded, taken, withdrawn } = change
    const now = run.startedAt
    if (!(await approveForecast(trx, { id: change.forecast, by: run.approvedBy, at: now }))) throw new DroverError('resource.conflict', 'this forecast was approved before')
    if (superseded !== null) await writeRun(trx, superseded)
    for (const order of taken) await writeOrderState(trx, order)
    for (const request of withdrawn) await endRequest(trx, request)
    await writeCluster(trx, cluster)
    await insertRun(trx, run)
    for (const name of ['server-token', 'agent-token']) {
      await writeSecret(trx, { id: secretId(cluster.name, name), value: utf8(toText(randomBytes(32))), kek: context.keys.kek, now })
    }
  })

const patch = ({ world, log }: Context, { cluster, run, superseded, taken, withdrawn }: Change): void => {
  if (superseded !== null) log.info({ run: superseded.id, cluster: cluster.name }, 'run superseded')
  for (const order of taken) world.orders.set(order.id, order)
  for (const request of withdrawn) world.requests.delete(request.id)
  forgetTrials(world.trials, cluster.name)
  world.clusters.set(cluster.name, cluster)
  world.runs.set(cluster.name, run)
}

/** An approval is good once. It is looked up here, in turn: the row that the caller holds may be older than another approval. */
const refuseApproved = async ({ db }: Context, id: string): Promise<void> => {
  const run = await readRunOfForecast(db, id)
  if (run !== null) throw new DroverError('resource.conflict', `this forecast was approved before: it became run ${run}`)
}

const refuseFatal = (content: Forecast): void => {
  const fatal = content.findings.filter((finding) => finding.level === 'fatal').length
  if (fatal > 0) throw new DroverError('forecast.fatal', `the forecast has ${String(fatal)} fatal ${fatal === 1 ? 'finding' : 'findings'}`)
}

const refuseTaken = (context: Context, content: Forecast): void => {
  for (const id of hostsOf(content)) {
    const other = clusterOf(context.world, id)
    if (other !== null && other.name !== content.cluster) {
      throw new DroverError('forecast.stale', `${context.world.hosts.get(id)?.name ?? id} was given to cluster ${other.name} meanwhile`)
    }
    if (!context.world.hosts.has(id)) throw new DroverError('forecast.stale', `host ${id} was removed meanwhile`)
  }
}

/** Plans again with the forecast's own choices: other actions than those shown need another approval. */
const refuseStale = (context: Context, content: Forecast): void => {
  const requests = openRequests(context.world, content.cluster).filter((request) => content.requests.includes(request.id))
  const input = planInput(context, content.cluster, { spec: content.spec, settled: content.settled, hosts: 'all', requests })
  if (requests.length < content.requests.length) throw new DroverError('forecast.stale', 'what this forecast was asked for is over')
  const members: Record<string, unknown> = {}
  for (const id of hostsOf(content)) members[id] = input.view.hosts[id]
  const again = forecast({ ...input, view: { ...input.view, hosts: members as typeof input.view.hosts } })
  if (keysOf(again) !== keysOf(content)) throw new DroverError('forecast.stale', 'the hosts have changed since this forecast was made')
}

const keysOf = (content: Forecast): string =>
  content.phases
    .flatMap((phase) => phase.lines.map((line) => line.action.key))
    .toSorted()
    .join('\n')
