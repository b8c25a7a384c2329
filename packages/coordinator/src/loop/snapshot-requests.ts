import { canonicalJson, compareVersions, DroverError, type HostId, isGoodSnapshot, type Json, type Snapshot, type SnapshotFact } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { insertRequest, type RequestRow } from '../store/requests.ts'
import { openRequests } from '../world/world.ts'
import { requireQuiet } from './await-orders.ts'
import { forecastRequest, type StoredForecast } from './make-forecast.ts'
import { newRequest, refuseActive } from './requests.ts'

/** Throws snapshot.etcd: what is in etcd is not in a file that the step could copy or put back. */
const refuseEtcd = ({ name, settled }: ClusterRow): void => {
  if (settled.etcd !== undefined) throw new DroverError('snapshot.etcd', `cluster ${name} runs on etcd`)
}

/** Stores the wish for a snapshot; a plan serves it soon, and no approval is asked for. */
export const askSnapshot = (context: Context, cluster: ClusterRow, by: string): Promise<RequestRow> =>
  context.turn(async () => {
    refuseEtcd(cluster)
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
    const found = held(context, cluster).find(({ snapshot }) => snapshot.name === about.snapshot)
    if (found === undefined) throw new DroverError('snapshot.unknown', `cluster ${cluster.name} has no snapshot ${about.snapshot}`)
    return predict(context, cluster, { kind: 'delete-snapshot', params: { snapshot: about.snapshot, host: found.host }, by: about.by })
  })
}

/** Stores the wish to go back to a snapshot (null: the newest good one) and predicts it, as the next incarnation of the cluster. */
export const askRestore = async (context: Context, cluster: ClusterRow, about: { readonly snapshot: string | null; readonly by: string }): Promise<StoredForecast> => {
  refuseEtcd(cluster)
  await requireQuiet(context, cluster.name)
  return context.turn(() => {
    refuseActive(context, cluster)
    const { snapshot, fetch } = chosen(context, cluster, about.snapshot)
    const { name, sha256 } = snapshot
    return predict(context, cluster, { kind: 'restore', params: { snapshot: name, sha256, ...(fetch === null ? {} : { fetch }) }, by: about.by })
  })
}

type Held = { readonly host: HostId; readonly snapshot: SnapshotFact }

const onHost = ({ world }: Context, host: HostId): readonly Held[] => (world.hosts.get(host)?.facts?.value.facts.snapshots ?? []).map((snapshot) => ({ host, snapshot }))

const held = (context: Context, cluster: ClusterRow): readonly Held[] =>
  (Object.keys(cluster.settled.roles) as HostId[]).flatMap((host) => onHost(context, host)).filter(({ snapshot }) => snapshot.cluster === cluster.name)

/** The snapshot that is to be restored; `fetch`: the whole of it where the seed no longer has it, but there is a copy. */
type Chosen = { readonly snapshot: SnapshotFact; readonly fetch: Snapshot | null }

/** What the seed has, and the copies of what it no longer has, the newest first. Whether a token opens a copy only the host can say. */
const choices = (context: Context, { name, settled }: ClusterRow): readonly Chosen[] => {
  const held = onHost(context, settled.seed).map(({ snapshot }): Chosen => ({ snapshot, fetch: null }))
  const copies = [...context.world.copies.values()]
    .filter(({ snapshot }) => snapshot.cluster === name && !held.some((one) => one.snapshot.name === snapshot.name))
    .map(({ snapshot }): Chosen => ({ snapshot: { ...snapshot, opens: true }, fetch: snapshot }))
  return [...held, ...copies].toSorted((a, b) => b.snapshot.at - a.snapshot.at)
}

/** Copies outlive their cluster: those of an earlier one of this name have another token, and are taken by name alone. */
const isOfThisLife = ({ createdAt }: ClusterRow, { snapshot, fetch }: Chosen): boolean => fetch === null || snapshot.at >= createdAt

const chosen = (context: Context, cluster: ClusterRow, name: string | null): Chosen => {
  const found = choices(context, cluster).find((one) => (name === null ? isGoodSnapshot(one.snapshot, cluster.name) && isOfThisLife(cluster, one) : one.snapshot.name === name))
  const missing = name === null ? 'no good snapshot' : `no snapshot ${name}`
  if (found === undefined) throw new DroverError('snapshot.unknown', `cluster ${cluster.name} has ${missing}`)
  refuseOther(context, cluster, found.snapshot)
  return found
}

/** What the host would refuse is refused here. */
const refuseOther = (context: Context, cluster: ClusterRow, { name, cluster: of, opens, token, version }: SnapshotFact): void => {
  if (of !== cluster.name) throw new DroverError('snapshot.cluster', `snapshot ${name} is of cluster ${of}`)
  if (!opens) throw new DroverError('snapshot.token', `token ${token} opens snapshot ${name}: the cluster has another one now`)
  const have = context.world.hosts.get(cluster.settled.seed)?.facts?.value.facts.binary?.version
  if (have === undefined || version === '' || compareVersions(version, have) <= 0) return
  throw new DroverError('snapshot.version', `k3s ${version} took snapshot ${name}, the server has ${have}`)
}

type Asked = { readonly kind: 'delete-snapshot' | 'restore'; readonly params: Json; readonly by: string }

/** The same wish that was never approved is used again. */
const predict = async (context: Context, cluster: ClusterRow, { kind, params, by }: Asked): Promise<StoredForecast> => {
  const same = (row: RequestRow): boolean => row.kind === kind && canonicalJson(row.params) === canonicalJson(params)
  const row = openRequests(context.world, cluster.name).find(same) ?? newRequest(kind, cluster, { params, by, now: context.now() })
  if (!context.world.requests.has(row.id)) await insertRequest(context.db, row)
  context.world.requests.set(row.id, row)
  const { settled } = cluster
  const incarnation = kind === 'restore' ? settled.incarnation + 1 : settled.incarnation
  return forecastRequest(context, { cluster: cluster.name, spec: cluster.spec, settled: { ...settled, incarnation }, requests: [row], by })
}
