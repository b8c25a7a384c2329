import { type ClusterSpec, datastoreOf, type Schedule } from '@drover/protocol'

/** Longest delay of a snapshot, so that the clusters of one site do not all write at the same minute; below it for what comes often. */
const JITTER_S = 300

/** The schedules that each server of a cluster keeps; none where the spec says that there are no snapshots, and on etcd. */
export const wantedSchedules = (spec: Pick<ClusterSpec, 'snapshots' | 'datastore' | 'servers'>): Schedule[] => {
  const { snapshots } = spec
  if (snapshots === false || datastoreOf(spec) !== 'sqlite') return []
  const { schedule: cron, timeZone, keep } = snapshots
  // What comes in every minute or every few minutes of an hour is not put off beyond its next time.
  const jitterS = /^\d+ /.test(cron) ? JITTER_S : 0
  return [{ name: 'snapshot', cron, timeZone, jitterS, kind: 'snapshot.take', params: { datastore: 'sqlite' }, keep }]
}
