import { canonicalJson, DroverError, type Finding, type HostId, type Json, say, type SnapshotFact } from '@drover/protocol'
import type { Context } from '../context.ts'
import { finding } from '../core/planner/finding.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { insertRequest, type RequestRow } from '../store/requests.ts'
import { hostByName, openRequests } from '../world/world.ts'
import { requireQuiet } from './await-orders.ts'
import { chooseSnapshot, snapshotsOn } from './choose-snapshot.ts'
import { forecastRequest, type StoredForecast } from './make-forecast.ts'
import { newRequest, refuseActive } from './requests.ts'

/** Stores the wish for a snapshot; a plan serves it soon, and no approval is asked for. */
export const askSnapshot = (context: Context, cluster: ClusterRow, by: string): Promise<RequestRow> =>
  context.turn(async () => {
    const row = newRequest('snapshot', cluster, { params: {}, by, now: context.now() })
    await insertRequest(context.db, row)
    context.world.requests.set(row.id, row)
    context.log.info({ cluster: cluster.name, reason: by }, 'snapshot asked for')
    context.wake(cluster.name)
    return row
  })

/** Stores the wish to delete a snapshot and predicts it; carried out only under an approval of that forecast. */
export const askSnapshotDeletion = async (context: Context, cluster: ClusterRow, about: { readonly snapshot: string; readonly by: string }): Promise<StoredForecast> => {
  await requireQuiet(context, cluster.name)
  return context.turn(() => {
    refuseActive(context, cluster)
    // The servers of one cluster on etcd each take what is planned for one time.
    const [found, ...others] = held(context, cluster).filter(({ snapshot }) => snapshot.name === about.snapshot)
    if (found === undefined) throw new DroverError('snapshot.unknown', `cluster ${cluster.name} has no snapshot ${about.snapshot}`)
    const params = { snapshot: about.snapshot, ...(others.length === 0 ? { host: found.host } : {}) }
    return predict(context, cluster, { kind: 'delete-snapshot', params, by: about.by })
  })
}

/** What is to be restored: a snapshot by name (null: the newest good one), and names of servers that are off for good. */
export type RestoreAsked = { readonly snapshot: string | null; readonly without?: readonly string[]; readonly by: string }

/** Stores the wish to go back to a snapshot and predicts it, as the next incarnation of the cluster. */
export const askRestore = async (context: Context, cluster: ClusterRow, about: RestoreAsked): Promise<StoredForecast> => {
  await requireQuiet(context, cluster.name)
  return context.turn(() => {
    refuseActive(context, cluster)
    const { snapshot, fetch, seed } = chooseSnapshot(context, cluster, about.snapshot)
    const without = (about.without ?? []).map((name) => awayIn(context, cluster, name)).toSorted()
    const params = { snapshot: snapshot.name, sha256: snapshot.sha256, ...(fetch === null ? {} : { fetch }), ...(without.length === 0 ? {} : { without }) }
    const settled = { ...cluster.settled, incarnation: cluster.settled.incarnation + 1, seed }
    return predict(context, { ...cluster, settled }, { kind: 'restore', params, by: about.by, findings: otherSeed(context, cluster, seed) })
  })
}

/** That the cluster goes on from another server than the one that it began on. */
const otherSeed = ({ world }: Context, { settled }: ClusterRow, seed: HostId): readonly Finding[] => {
  const nameOf = (id: HostId): string => world.hosts.get(id)?.name ?? id
  return seed === settled.seed ? [] : [finding('note', say('finding.restore-seed', { host: nameOf(seed), seed: nameOf(settled.seed) }), [seed])]
}

/** The id of a server that is away: of one that is connected nobody can say that it is off. */
const awayIn = ({ world }: Context, cluster: ClusterRow, name: string): HostId => {
  const host = hostByName(world, name)
  if (host === null || cluster.settled.roles[host.id] !== 'server') throw new DroverError('resource.unknown', `${name} is no server of cluster ${cluster.name}`)
  if (world.live.get(host.id)?.online === true) throw new DroverError('resource.conflict', `${name} is connected: it is stopped and joins again with the others`)
  return host.id
}

type Held = { readonly host: HostId; readonly snapshot: SnapshotFact }

const held = (context: Context, cluster: ClusterRow): readonly Held[] =>
  (Object.keys(cluster.settled.roles) as HostId[])
    .flatMap((host) => snapshotsOn(context, host).map((snapshot): Held => ({ host, snapshot })))
    .filter(({ snapshot }) => snapshot.cluster === cluster.name)

type Asked = { readonly kind: 'delete-snapshot' | 'restore'; readonly params: Json; readonly by: string; readonly findings?: readonly Finding[] }

/** The same wish that was never approved is used again. */
const predict = async (context: Context, cluster: ClusterRow, { kind, params, by, findings = [] }: Asked): Promise<StoredForecast> => {
  const same = (row: RequestRow): boolean => row.kind === kind && canonicalJson(row.params) === canonicalJson(params)
  const row = openRequests(context.world, cluster.name).find(same) ?? newRequest(kind, cluster, { params, by, now: context.now() })
  if (!context.world.requests.has(row.id)) await insertRequest(context.db, row)
  context.world.requests.set(row.id, row)
  return forecastRequest(context, { cluster: cluster.name, spec: cluster.spec, settled: cluster.settled, requests: [row], by, findings })
}
