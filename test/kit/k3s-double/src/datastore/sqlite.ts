import { chmodSync, mkdirSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Log } from '../log.ts'
import type { Datastore, Entry } from './datastore.ts'

const SCHEMA = `
CREATE TABLE IF NOT EXISTS kine (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, created INTEGER, deleted INTEGER, create_revision INTEGER,
  prev_revision INTEGER, lease INTEGER, value BLOB, old_value BLOB);
CREATE INDEX IF NOT EXISTS kine_name_index ON kine (name);
CREATE INDEX IF NOT EXISTS kine_name_id_index ON kine (name, id);
CREATE UNIQUE INDEX IF NOT EXISTS kine_name_prev_revision_uindex ON kine (name, prev_revision);`

const NEWEST = `SELECT name, value, id, deleted FROM kine WHERE id IN (SELECT max(id) FROM kine WHERE name >= ? AND name < ? GROUP BY name) ORDER BY name`

const toEntry = (row: Record<string, unknown>): Entry => ({
  key: String(row['name']),
  value: row['value'] instanceof Uint8Array ? Buffer.from(row['value']).toString() : '',
  revision: Number(row['id']),
})

function store(database: DatabaseSync): Datastore {
  const newest = database.prepare(NEWEST)
  const insert = database.prepare('INSERT INTO kine (name, created, deleted, create_revision, prev_revision, lease, value) VALUES (?, ?, ?, ?, ?, 0, ?)')
  const live = (prefix: string, end: string): Entry[] => newest.all(prefix, end).filter((row) => row['deleted'] === 0).map(toEntry)
  const get = (key: string): Entry | undefined => live(key, `${key}\u0000`)[0]
  const write = (key: string, value: string, deleted: 0 | 1): number => {
    const before = newest.all(key, `${key}\u0000`)[0]
    const previous = before === undefined ? 0 : Number(before['id'])
    return Number(insert.run(key, previous === 0 ? 1 : 0, deleted, 0, previous, Buffer.from(value)).lastInsertRowid)
  }
  const remove = (key: string): boolean => {
    const found = get(key)
    if (found !== undefined) write(key, found.value, 1)
    return found !== undefined
  }
  return {
    kind: 'sqlite',
    get: async (key) => get(key),
    list: async (prefix) => live(prefix, `${prefix}\uffff`),
    put: async (key, value, over) => (over === undefined || over === (get(key)?.revision ?? 0) ? write(key, value, 0) : undefined),
    remove: async (key) => remove(key),
    close: () => database.close(),
  }
}

/** Opens `server/db/state.db` in WAL mode with kine's table. @throws with SQLite's own words for a damaged file */
export async function openSqlite(folder: string, log: Log): Promise<Datastore> {
  const { DatabaseSync } = await import('node:sqlite')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  log('info', 'Configuring sqlite3 database connection pooling: maxIdle=20, maxOpen=0, maxLifetime=0s, maxIdleTime=2m0s')
  const file = `${folder}/state.db`
  const database = new DatabaseSync(file)
  log('info', 'Kine built with sqlite from github.com/mattn/go-sqlite3 version 3.53.0')
  log('info', 'Configuring database table schema and indexes, this may take a moment...')
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000')
  database.exec(SCHEMA)
  chmodSync(file, 0o644)
  log('info', 'Database tables and indexes are up to date')
  log('info', 'Running startup VACUUM to reclaim disk space, this may take a moment...')
  log('info', 'Startup VACUUM completed successfully')
  return store(database)
}
