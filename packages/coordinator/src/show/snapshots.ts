import type { SnapshotShown } from '@drover/protocol'
import type { World } from '../world/world.ts'

/** The snapshots that hosts have reported, newest first. */
export const showSnapshots = (world: World): SnapshotShown[] =>
  [...world.hosts.values()]
    .filter(({ state }) => state !== 'revoked')
    .flatMap(({ name, facts }) => (facts?.value.facts.snapshots ?? []).map((snapshot) => ({ ...snapshot, host: name })))
    .toSorted((a, b) => b.at - a.at)
