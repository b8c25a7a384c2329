import { isGoodSnapshot, type Snapshot, type SnapshotFact, SnapshotSchema } from '@drover/protocol'

/** Counts the objects of Kubernetes in a datastore of kine: the newest row of each key, where it is no deletion. */
export const COUNT_OBJECTS = `SELECT count(*) FROM kine AS k WHERE k.deleted = 0 AND k.name >= '/registry/' AND k.name < '/registry0'
  AND k.id = (SELECT max(id) FROM kine WHERE name = k.name)`

/** What a meta.json says, or null where it is damaged. */
export const parseMeta = (text: string): Snapshot | null => {
  try {
    return SnapshotSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** The text of a meta.json. */
export const renderMeta = (snapshot: Snapshot): string => `${JSON.stringify(snapshot)}\n`

/** Newest first; of two of one moment the later name. */
export const newestFirst = <S extends Pick<Snapshot, 'at' | 'name'>>(all: readonly S[]): readonly S[] =>
  all.toSorted((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1))

/** The good ones of a cluster, newest first: consistent, and the token on the host opens them. */
export const goodOnes = (all: readonly SnapshotFact[], cluster: string): readonly SnapshotFact[] =>
  newestFirst(all.filter((one) => isGoodSnapshot(one, cluster)))

/** True where no good snapshot of the cluster would be left without this one. */
export const isLastGood = (all: readonly SnapshotFact[], name: string): boolean => {
  const cluster = all.find((one) => one.name === name)?.cluster ?? ''
  const good = goodOnes(all, cluster)
  return good.length === 1 && good[0]?.name === name
}
