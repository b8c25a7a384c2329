import { DroverError, type RequestShown } from '@drover/protocol'
import type { Context } from '../context.ts'
import { newId } from '../new-id.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { endRequest, insertRequest, type RequestRow } from '../store/requests.ts'
import { openRequests } from '../world/world.ts'
import { forecastRequest, type StoredForecast } from './make-forecast.ts'

/** Stores the wish for a kubeconfig, sealed to the key of who asks; a plan serves it soon. */
export const askKubeconfig = async (context: Context, cluster: ClusterRow, about: { readonly sealTo: string; readonly by: string }): Promise<RequestRow> => {
  const row = request('kubeconfig', cluster, { params: { sealTo: about.sealTo }, by: about.by, now: context.now() })
  await insertRequest(context.db, row)
  context.world.requests.set(row.id, row)
  context.log.info({ cluster: cluster.name, reason: about.by }, 'kubeconfig asked for')
  context.wake(cluster.name)
  return row
}

/**
 * Stores the wish to delete a cluster and predicts what that does. It is carried out only under an approval of that
 * forecast; an earlier open wish is used again.
 */
export const askDeletion = async (context: Context, cluster: ClusterRow, by: string): Promise<StoredForecast> => {
  const { world } = context
  const open = openRequests(world, cluster.name).find((asked) => asked.kind === 'delete-cluster')
  const row = open ?? request('delete-cluster', cluster, { params: {}, by, now: context.now() })
  if (open === undefined) {
    const running = world.runs.get(cluster.name)
    if (running !== undefined && (running.state.kind === 'running' || running.state.kind === 'waiting')) {
      throw new DroverError('resource.conflict', `run ${running.id} of this cluster goes on: cancel it first with drover cancel ${running.id}`)
    }
    await insertRequest(context.db, row)
    world.requests.set(row.id, row)
  }
  return forecastRequest(context, { cluster: cluster.name, spec: cluster.spec, settled: cluster.settled, by })
}

/** Closes a request and remembers it for the planner. */
export const closeRequest = async (context: Context, row: RequestRow, end: Pick<RequestRow, 'state' | 'message' | 'answer'>): Promise<void> => {
  if (end.state === 'open') return
  await endRequest(context.db, { id: row.id, state: end.state, message: end.message, answer: end.answer })
  context.world.requests.set(row.id, { ...row, ...end })
}

/** A request as the API shows it. */
export const showRequest = (row: RequestRow): RequestShown => ({
  id: row.id,
  kind: row.kind,
  cluster: row.cluster,
  state: row.state,
  askedBy: row.askedBy,
  askedAt: row.askedAt,
  message: row.message,
  answer: row.answer,
})

const request = (kind: RequestRow['kind'], cluster: ClusterRow, about: { readonly params: RequestRow['params']; readonly by: string; readonly now: number }): RequestRow => ({
  id: newId('req'),
  kind,
  cluster: cluster.name,
  params: about.params,
  askedBy: about.by,
  askedAt: about.now,
  state: 'open',
  message: null,
  answer: null,
})
