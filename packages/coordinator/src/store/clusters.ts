import type { ClusterSpec, Settled, Time } from '@drover/protocol'
import { type Db, fromColumn } from './db.ts'
import { secretId, SNAPSHOT_KEY } from './secrets.ts'

/** What is stored of a cluster: the approved spec and the settled choices. */
export type ClusterRow = {
  readonly name: string
  readonly revision: number
  readonly spec: ClusterSpec
  readonly settled: Settled
  readonly createdAt: Time
}

/** A spec that was approved before there were schedules has none, until somebody applies one anew. */
export const withLaterFields = (spec: ClusterSpec): ClusterSpec => ({ ...spec, snapshots: (spec as Partial<ClusterSpec>).snapshots ?? false })

/** All clusters. */
export const readClusters = async (db: Db): Promise<ClusterRow[]> =>
  (await db.selectFrom('cluster').selectAll().execute()).map((row) => ({
    name: row.name,
    revision: row.revision,
    spec: withLaterFields(fromColumn<ClusterSpec>(row.spec)),
    settled: fromColumn<Settled>(row.settled),
    createdAt: row.created_at,
  }))

/** Stores a cluster whole. */
export const writeCluster = async (db: Db, row: ClusterRow): Promise<void> => {
  const columns = {
    name: row.name,
    revision: row.revision,
    spec: JSON.stringify(row.spec),
    settled: JSON.stringify(row.settled),
    created_at: row.createdAt,
  }
  await db.insertInto('cluster').values(columns).onConflict((on) => on.column('name').doUpdateSet(columns)).execute()
}

/** Removes a deleted cluster; its forecasts, runs and orders stay as history, and the key of copies, which stay too. */
export const deleteCluster = async (db: Db, name: string): Promise<void> => {
  await db.deleteFrom('cluster').where('name', '=', name).execute()
  await db.deleteFrom('secret').where('id', 'like', `cluster/${name}/%`).where('id', '!=', secretId(name, SNAPSHOT_KEY)).execute()
  await db.deleteFrom('wait').where('cluster', '=', name).execute()
}
