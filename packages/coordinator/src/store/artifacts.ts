import type { Artifact } from '@drover/protocol'
import type { Db } from './db.ts'

/** All artifacts in the cache, newest first. */
export const readArtifacts = async (db: Db): Promise<Artifact[]> =>
  (await db.selectFrom('artifact').selectAll().orderBy('added_at', 'desc').execute()).map(({ added_at, ...row }) => ({ ...row, addedAt: added_at }))

/** Records an artifact whose file is in the cache folder. */
export const writeArtifact = async (db: Db, artifact: Artifact): Promise<void> => {
  const { addedAt, ...row } = artifact
  const columns = { ...row, added_at: addedAt }
  await db.insertInto('artifact').values(columns).onConflict((on) => on.column('sha256').doUpdateSet(columns)).execute()
}
