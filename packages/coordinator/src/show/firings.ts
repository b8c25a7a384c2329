import { ClusterNameSchema, type Finding, type FiringShown, type HostId, isGoodSnapshot, readFiringId, say, STEPS, timeName } from '@drover/protocol'
import type { ClusterRow } from '../store/clusters.ts'
import type { OrderRow } from '../store/orders.ts'
import type { World } from '../world/world.ts'
import { showSchedules } from './schedules.ts'
import { nameOf } from './wait.ts'

/** So many planned times of a schedule are shown. */
const MOST = 20

/** What the schedules of all clusters did and do next: of each host the next time, then the newest ones. */
export const showFirings = (world: World, now: number): FiringShown[] => [...world.clusters.values()].flatMap((cluster) => [...dueOf(world, cluster, now), ...endedOf(world, cluster)]).toSorted((a, b) => b.planned - a.planned)

const dueOf = (world: World, cluster: ClusterRow, now: number): readonly FiringShown[] =>
  showSchedules(world, cluster, now).flatMap(({ host, name, nextAt }) =>
    nextAt === null ? [] : [{ ...about(cluster, { host, schedule: name, planned: nextAt }), state: 'due' as const, attempts: 0, endedAt: null, message: null }],
  )

type Named = Pick<FiringShown, 'host' | 'schedule' | 'planned'>

const about = (cluster: ClusterRow, named: Named): Named & Pick<FiringShown, 'cluster' | 'snapshot'> => ({
  ...named,
  cluster: ClusterNameSchema.parse(cluster.name),
  snapshot: `${named.schedule}-${timeName(named.planned)}`,
})

const endedOf = (world: World, cluster: ClusterRow): readonly FiringShown[] => Object.keys(cluster.settled.roles).flatMap((id) => endedOn(world, cluster, id as HostId))

/** The last try of each planned time stands for it. What a cluster of the same name did before is no firing of this one. */
const endedOn = (world: World, cluster: ClusterRow, id: HostId): readonly FiringShown[] => {
  const known = (world.firings.get(id) ?? []).filter((row) => row.cluster === cluster.name && row.createdAt >= cluster.createdAt)
  const last = known.filter((row, at) => !known.slice(0, at).some((later) => keyOf(later) === keyOf(row)))
  return last.slice(0, MOST).flatMap((row) => {
    const { state } = row
    const firing = readFiringId(row.id.split('/')[1] ?? '')
    if (firing === null || (state.kind !== 'done' && state.kind !== 'failed' && state.kind !== 'refused')) return []
    const { kind } = state
    const message = kind === 'done' ? null : state.message
    return [{ ...about(cluster, { host: nameOf(world, id), schedule: firing.schedule, planned: firing.at }), state: kind, attempts: row.attempt, endedAt: takenAt(row) ?? row.endedAt, message }]
  })
}

const keyOf = ({ id }: OrderRow): string => id.split('/')[1] ?? ''

const takenAt = ({ state }: OrderRow): number | null => {
  const read = STEPS['snapshot.take'].result.safeParse(state.kind === 'done' ? state.result : null)
  return read.success ? read.data.at : null
}

/** True where a good snapshot of the cluster was taken since, by whomever. */
const isMadeUp = (world: World, cluster: ClusterRow, { host, planned }: FiringShown): boolean =>
  Object.keys(cluster.settled.roles).some((id) => {
    const { name, facts } = world.hosts.get(id as HostId) ?? {}
    return name === host && facts?.value.facts.snapshots?.some((one) => isGoodSnapshot(one, cluster.name) && one.at >= planned) === true
  })

/** A finding for each schedule of a cluster whose newest planned time has no snapshot: it stays until one was taken. */
export const findMissedFirings = (world: World, cluster: ClusterRow, now: number): Finding[] =>
  showSchedules(world, cluster, now).flatMap(({ host, name }) => {
    const last = endedOf(world, cluster).find((one) => one.host === host && one.schedule === name)
    if (last === undefined || last.state === 'done' || isMadeUp(world, cluster, last)) return []
    const planned = new Date(last.planned).toISOString().replace(':00.000Z', 'Z')
    return [{ level: 'note', said: say('finding.no-snapshot', { cluster: cluster.name, host, planned, tries: last.attempts, message: last.message ?? '' }), on: [] }]
  })
