import { compareVersions, type Datastore, DroverError, type HostId, isGoodSnapshot, type Snapshot, type SnapshotFact } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { ClusterRow } from '../store/clusters.ts'

/** The snapshot that is to be restored and the server that goes on with it; `fetch`: the whole of it where that one has none, but there is a copy. */
export type Chosen = { readonly snapshot: SnapshotFact; readonly fetch: Snapshot | null; readonly seed: HostId }

/** The snapshots that a host told of. */
export const snapshotsOn = ({ world }: Context, host: HostId): readonly SnapshotFact[] => world.hosts.get(host)?.facts?.value.facts.snapshots ?? []

/** Where the cluster keeps its objects now: a cluster that is to go over to etcd has them in SQLite until it has done so. */
const datastoreIn = ({ world }: Context, { settled }: ClusterRow): Datastore =>
  world.hosts.get(settled.seed)?.facts?.value.facts.k3s?.datastore ?? (settled.etcd === undefined ? 'sqlite' : 'etcd')

/** Who may go on with a snapshot: on SQLite the one server, on etcd the seed, else another server that was a member and is connected. */
const seedsOf = (context: Context, cluster: ClusterRow): readonly HostId[] => {
  const { world } = context
  const { settled } = cluster
  if (datastoreIn(context, cluster) === 'sqlite') return [settled.seed]
  const isAble = (id: HostId): boolean => world.live.get(id)?.online === true && world.hosts.get(id)?.facts?.value.facts.k3s?.wasActive === true
  const servers = (Object.keys(settled.roles) as HostId[]).filter((id) => settled.roles[id] === 'server' && id !== settled.seed)
  const able = [settled.seed, ...servers].filter(isAble)
  return able.length === 0 ? [settled.seed] : able
}

/** What they have, and the copies of what they no longer have, the newest first. Whether a token opens a copy only the host can say. */
const choices = (context: Context, cluster: ClusterRow): readonly Chosen[] => {
  const seeds = seedsOf(context, cluster)
  const all = seeds.flatMap((seed) => snapshotsOn(context, seed).map((snapshot): Chosen => ({ snapshot, fetch: null, seed })))
  const held = all.filter(({ snapshot }, place) => all.findIndex((one) => one.snapshot.name === snapshot.name) === place)
  const copies = [...context.world.copies.values()]
    .filter(({ snapshot }) => snapshot.cluster === cluster.name && !held.some((one) => one.snapshot.name === snapshot.name))
    .map(({ snapshot }): Chosen => ({ snapshot: { ...snapshot, opens: true }, fetch: snapshot, seed: seeds[0] ?? cluster.settled.seed }))
  return [...held, ...copies].toSorted((a, b) => b.snapshot.at - a.snapshot.at)
}

/** Copies outlive their cluster: those of an earlier one of this name have another token, and are taken by name alone. */
const isOfThisLife = ({ createdAt }: ClusterRow, { snapshot, fetch }: Chosen): boolean => fetch === null || snapshot.at >= createdAt

const isGoodChoice = (context: Context, cluster: ClusterRow, one: Chosen): boolean =>
  isGoodSnapshot(one.snapshot, cluster.name) && one.snapshot.datastore === datastoreIn(context, cluster) && isOfThisLife(cluster, one)

/** The snapshot of a name, or the newest good one where that is null. Throws snapshot.* where there is none, or the host would refuse it. */
export const chooseSnapshot = (context: Context, cluster: ClusterRow, name: string | null): Chosen => {
  const found = choices(context, cluster).find((one) => (name === null ? isGoodChoice(context, cluster, one) : one.snapshot.name === name))
  const missing = name === null ? 'no good snapshot' : `no snapshot ${name}`
  if (found === undefined) throw new DroverError('snapshot.unknown', `cluster ${cluster.name} has ${missing}`)
  refuseOther(context, cluster, found)
  return found
}

/** What the host would refuse is refused here. */
const refuseOther = (context: Context, cluster: ClusterRow, { snapshot, seed }: Chosen): void => {
  const { name, cluster: of, opens, token, version, datastore } = snapshot
  if (of !== cluster.name) throw new DroverError('snapshot.cluster', `snapshot ${name} is of cluster ${of}`)
  const present = datastoreIn(context, cluster)
  if (datastore !== present) throw new DroverError('snapshot.datastore', `snapshot ${name} is of ${datastore}, the cluster is on ${present}`)
  if (!opens) throw new DroverError('snapshot.token', `token ${token} opens snapshot ${name}: the cluster has another one now`)
  const have = context.world.hosts.get(seed)?.facts?.value.facts.binary?.version
  if (have === undefined || version === '' || compareVersions(version, have) <= 0) return
  throw new DroverError('snapshot.version', `k3s ${version} took snapshot ${name}, the server has ${have}`)
}
