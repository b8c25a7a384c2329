import type { HostReader } from './host.ts'
import { AT } from './k3s-marks.ts'
import { below } from './path.ts'

const DB = below(AT.data, 'server', 'db')

/** The files by which it is known what a server keeps its objects in. */
export const DATASTORE = {
  folder: DB,
  sqlite: below(DB, 'state.db'),
  /** k3s renames the file once all that is in it is in etcd. */
  migrated: below(DB, 'state.db.migrated'),
  etcd: below(DB, 'etcd'),
  member: below(DB, 'etcd', 'member'),
  /** Where it is, k3s takes its etcd for begun, whatever its settings say. */
  wal: below(DB, 'etcd', 'member', 'wal'),
} as const

/** What is on the disk of a server: a datastore of SQLite that was not moved, an etcd that has begun, a datastore that was moved. */
export type DatastoreOnDisk = { readonly sqlite: boolean; readonly etcd: boolean; readonly migrated: boolean }

/** Looks at the disk; an etcd beside SQLite is a move that was cut short. */
export const readDatastore = async (host: HostReader): Promise<DatastoreOnDisk> => {
  const [sqlite, wal, migrated] = await Promise.all([DATASTORE.sqlite, DATASTORE.wal, DATASTORE.migrated].map(async (path) => (await host.stat(path)) !== null))
  return { sqlite: sqlite === true, etcd: wal === true, migrated: migrated === true }
}
