import type { SnapshotShown } from '@drover/protocol'
import { copyKey } from '../copies/files.ts'
import type { World } from '../world/world.ts'

/** The snapshots that hosts have reported and the copies that are here, newest first. */
export const showSnapshots = (world: World): SnapshotShown[] => {
  const held = heldSnapshots(world)
  const seen = new Set(held.map(placeOf))
  const alone = [...world.copies.values()]
    .filter(({ snapshot }) => !seen.has(placeOf(snapshot)))
    .map(({ snapshot, since }): SnapshotShown => ({ ...snapshot, opens: null, host: null, copied: since }))
  return [...held, ...alone].toSorted((a, b) => b.at - a.at)
}

const placeOf = ({ cluster, name, sha256 }: Pick<SnapshotShown, 'cluster' | 'name' | 'sha256'>): string => `${cluster} ${name} ${sha256}`

const heldSnapshots = (world: World): readonly SnapshotShown[] =>
  [...world.hosts.values()]
    .filter(({ state }) => state !== 'revoked')
    .flatMap(({ name, facts }) => (facts?.value.facts.snapshots ?? []).map((snapshot) => ({ ...snapshot, host: name, copied: copiedAt(world, snapshot) })))

const copiedAt = ({ copies }: World, { cluster, name, sha256 }: Pick<SnapshotShown, 'cluster' | 'name' | 'sha256'>): number | null => {
  const copy = copies.get(copyKey(cluster, name))
  return copy?.snapshot.sha256 === sha256 ? copy.since : null
}
