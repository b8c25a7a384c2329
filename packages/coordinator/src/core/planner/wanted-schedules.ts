import { type ClusterSpec, datastoreOf, type Schedule } from '@drover/protocol'

/** Longest delay of a snapshot, so that the clusters of one site do not all write at the same minute; below it for what comes often. */
const JITTER_S = 300

/**
 * Each server of a cluster on etcd takes its own, later by its place, so that they never all do at once: by ten minutes, six
 * places to the hour; by twenty seconds where the times come more often than hourly.
 */
const offsetS = (isHourly: boolean, place: number): number => (isHourly ? (place % 6) * 600 : (place % 3) * 20)

/** The schedules that the server of a place (from 0) keeps; none where the spec says that there are no snapshots. */
export const wantedSchedules = (spec: Pick<ClusterSpec, 'snapshots' | 'datastore' | 'servers'>, place: number): Schedule[] => {
  const { snapshots } = spec
  if (snapshots === false) return []
  const { schedule: cron, timeZone, keep } = snapshots
  // What comes in every minute or every few minutes of an hour is not put off beyond its next time.
  const isHourly = /^\d+ /.test(cron)
  const datastore = datastoreOf(spec)
  const later = datastore === 'etcd' ? offsetS(isHourly, place) : 0
  return [{ name: 'snapshot', cron, timeZone, ...(later === 0 ? {} : { offsetS: later }), jitterS: isHourly ? JITTER_S : 0, kind: 'snapshot.take', params: { datastore }, keep }]
}
