import { randomBytes } from 'node:crypto'
import { DroverError, type Forecast, type HostId, say } from '@drover/protocol'
import { toText, utf8 } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { forecast } from '../core/planner/forecast.ts'
import { newId } from '../new-id.ts'
import type { Db } from '../store/db.ts'
import { type ClusterRow, writeCluster } from '../store/clusters.ts'
import { approveForecast, type ForecastRow } from '../store/forecasts.ts'
import { insertRun, type RunRow, writeRun } from '../store/runs.ts'
import { writeSecret } from '../store/secrets.ts'
import { clusterOf } from '../world/world.ts'
import { hostsOf, planInput, readContent } from './make-forecast.ts'
import { secretId } from './new-order.ts'

/** Turns a forecast into a run: checks that it is still what would be done, then commits spec, settled choices and run at once. */
export const approve = async (context: Context, about: { readonly row: ForecastRow; readonly hash: string; readonly by: string }): Promise<RunRow> => {
  const { row, by } = about
  if (row.hash !== about.hash) throw new DroverError('forecast.hash', 'the hash is not that of this forecast')
  const content = readContent(row)
  refuseFatal(content)
  refuseTaken(context, content)
  refuseStale(context, content)
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
  const superseded = await commit(context, { row, cluster, run, by })
  if (superseded !== null) context.log.info({ run: superseded.id, cluster: cluster.name }, 'run superseded')
  context.world.clusters.set(cluster.name, cluster)
  context.world.runs.set(cluster.name, run)
  await context.tell({ at: now, cluster: cluster.name, run: run.id, said: say('run.started', { forecast: row.id, who: by }) })
  context.wake(cluster.name)
  return run
}

const commit = async (context: Context, about: { row: ForecastRow; cluster: ClusterRow; run: RunRow; by: string }): Promise<RunRow | null> => {
  const { row, cluster, run, by } = about
  const now = run.startedAt
  const open = context.world.runs.get(cluster.name)
  const superseded: RunRow | null = open === undefined || open.endedAt !== null ? null : { ...open, state: { kind: 'superseded', by: run.id }, endedAt: now }
  await context.db.transaction().execute(async (trx: Db) => {
    if (!(await approveForecast(trx, { id: row.id, by, at: now }))) throw new DroverError('resource.conflict', 'this forecast was approved before')
    if (superseded !== null) await writeRun(trx, superseded)
    await writeCluster(trx, cluster)
    await insertRun(trx, run)
    for (const name of ['server-token', 'agent-token']) {
      await writeSecret(trx, { id: secretId(cluster.name, name), value: utf8(toText(randomBytes(32))), kek: context.keys.kek, now })
    }
  })
  return superseded
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
  const input = planInput(context, content.cluster, { spec: content.spec, settled: content.settled, hosts: 'all' })
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

/** Ids of a run's hosts, for those who watch. */
export const membersOf = (cluster: ClusterRow): HostId[] => Object.keys(cluster.settled.roles) as HostId[]
