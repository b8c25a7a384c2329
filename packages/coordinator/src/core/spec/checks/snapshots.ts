import { type ClusterSpec, wallClockOf } from '@drover/protocol'
import type { Wrong } from '../fault.ts'

/** A time zone that does not exist. */
export const checkSnapshots = ({ snapshots }: ClusterSpec): readonly Wrong[] => {
  if (snapshots === false || wallClockOf(snapshots.timeZone) !== null) return []
  return [{ path: ['snapshots', 'timeZone'], value: snapshots.timeZone, reason: 'is no time zone: write one such as UTC or Europe/Berlin' }]
}
