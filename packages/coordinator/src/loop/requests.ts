import { canonicalJson, DroverError, type Finding, type HostId, type RequestShown, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { finding } from '../core/planner/finding.ts'
import { needsApproval } from '../core/planner/requests.ts'
import { isActive } from '../core/run/run.ts'
import { newId } from '../new-id.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { endRequest, insertRequest, type RequestEnd, type RequestRow } from '../store/requests.ts'
import { hostByName, openRequests } from '../world/world.ts'
import { requireQuiet } from './await-orders.ts'
import { forecastRequest, type StoredForecast } from './make-forecast.ts'

const PATIENCE = 600_000

/** Who wants a kubeconfig, sealed to which key; `server`: the name of the server that it is to go through. */
export type KubeconfigWish = { readonly sealTo: string; readonly by: string; readonly server?: string | undefined }

/** Stores the wish for a kubeconfig, sealed to the key of who asks; a plan serves it soon. Throws request.invalid for a host that is no server. */
export const askKubeconfig = (context: Context, cluster: ClusterRow, about: KubeconfigWish): Promise<RequestRow> =>
  context.turn(async () => {
    const server = about.server === undefined ? {} : { server: serverIn(context, cluster, about.server) }
    const row = newRequest('kubeconfig', cluster, { params: { sealTo: about.sealTo, ...server }, by: about.by, now: context.now() })
    await insertRequest(context.db, row)
    context.world.requests.set(row.id, row)
    context.log.info({ cluster: cluster.name, reason: about.by }, 'kubeconfig asked for')
    context.wake(cluster.name)
    return row
  })

/** The id of a server of the cluster. */
const serverIn = ({ world }: Context, cluster: ClusterRow, name: string): HostId => {
  const host = hostByName(world, name)
  if (host === null || cluster.settled.roles[host.id] !== 'server') throw new DroverError('request.invalid', `${name} is no server of cluster ${cluster.name}`)
  return host.id
}

/**
 * Stores the wish to delete a cluster and predicts what that does. It is carried out only under an approval of that
 * forecast; an earlier open wish is used again. What an earlier run left under way is waited for, a run that goes on is not.
 */
export const askDeletion = async (context: Context, cluster: ClusterRow, wish: DeletionWish): Promise<StoredForecast> => {
  await requireQuiet(context, cluster.name)
  return context.turn(() => storeDeletion(context, cluster, wish))
}

/** Who wants a cluster deleted, and without which of its hosts, by name. */
export type DeletionWish = { readonly by: string; readonly without: readonly string[] }

const storeDeletion = async (context: Context, cluster: ClusterRow, { by, without }: DeletionWish): Promise<StoredForecast> => {
  const { world } = context
  refuseActive(context, cluster)
  const params = { without: without.map((name) => awayIn(context, cluster, name)).toSorted() }
  const asked = openRequests(world, cluster.name).find(({ kind }) => kind === 'delete-cluster')
  if (asked === undefined || canonicalJson(asked.params) !== canonicalJson(params)) {
    if (asked !== undefined) await withdraw(context, asked, 'asked for anew')
    const row = newRequest('delete-cluster', cluster, { params, by, now: context.now() })
    await insertRequest(context.db, row)
    world.requests.set(row.id, row)
  }
  const requests = openRequests(world, cluster.name).filter((asked) => asked.kind === 'delete-cluster')
  return forecastRequest(context, { cluster: cluster.name, spec: cluster.spec, settled: cluster.settled, requests, by, findings: copiesStay(context, cluster.name) })
}

/** Copies outlive their cluster: somebody may have deleted it by mistake. */
const copiesStay = ({ world, home }: Context, cluster: string): readonly Finding[] => {
  const count = [...world.copies.values()].filter(({ snapshot }) => snapshot.cluster === cluster).length
  return count === 0 ? [] : [finding('note', say('finding.copies-stay', { cluster, count, folder: `${home.snapshots}/${cluster}` }))]
}

/** Throws resource.conflict while a run of the cluster goes on: what changes all of it waits for its end. */
export const refuseActive = ({ world }: Context, cluster: ClusterRow): void => {
  const running = world.runs.get(cluster.name)
  if (running === undefined || !isActive(running)) return
  throw new DroverError('resource.conflict', `run ${running.id} of this cluster goes on: cancel it first with drover cancel ${running.id}`)
}

/** The id of a member that is away: whoever is there is uninstalled with the others. */
const awayIn = ({ world }: Context, cluster: ClusterRow, name: string): HostId => {
  const host = hostByName(world, name)
  if (host === null || cluster.settled.roles[host.id] === undefined) throw new DroverError('resource.unknown', `${name} is no host of cluster ${cluster.name}`)
  if (world.live.get(host.id)?.online === true) throw new DroverError('resource.conflict', `${name} is connected: k3s is taken off it with the others`)
  return host.id
}

const withdraw = async ({ db, world }: Context, row: RequestRow, message: string): Promise<void> => {
  await endRequest(db, closed(row, { state: 'withdrawn', message, answer: null }))
  world.requests.delete(row.id)
}

/** A request that has ended. */
export type ClosedRequest = RequestRow & { readonly state: RequestEnd['state'] }

/** A request with its end. */
export const closed = (row: RequestRow, end: Omit<RequestEnd, 'id'>): ClosedRequest => ({ ...row, ...end })

/** Takes back wishes for a kubeconfig or a snapshot that no server has answered for 10 minutes: who asked has long given up. */
export const withdrawUnanswered = async (context: Context, cluster: string): Promise<void> => {
  const before = context.now() - PATIENCE
  const { world } = context
  const inFlight = new Set([...world.orders.values()].filter((order) => order.endedAt === null).map((order) => order.request))
  for (const row of openRequests(world, cluster)) {
    if (needsApproval(row) || row.askedAt > before || inFlight.has(row.id)) continue
    await withdraw(context, row, 'no server has answered for 10 minutes')
  }
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

/** A request of a person, open and not stored yet. */
export const newRequest = (kind: RequestRow['kind'], cluster: ClusterRow, about: { readonly params: RequestRow['params']; readonly by: string; readonly now: number }): RequestRow => ({
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
