import { chmod, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { DroverError } from '@drover/protocol'
import type { DatabaseCopy } from '../host.ts'
import { orNull } from './errno.ts'
import { syncFolder } from './write-files.ts'

/** Pages copied between two looks at other work: 4 MiB of a database with pages of 4 KiB. */
const PAGES = 1024

type Sqlite = typeof import('node:sqlite')

/**
 * Copies a database by SQLite's backup API within one read transaction, so that writers neither disturb it nor make it begin
 * again; then has the copy stand alone (no WAL), checks it and counts in it. `root` comes before every path.
 */
export const copyDatabase = async (root: string, { from, to, count }: DatabaseCopy): Promise<number> => {
  const sqlite = await import('node:sqlite') // some MB: only what runs for a short while ever copies one
  const target = `${root}${to}`
  await makeEmpty(target)
  try {
    await backUp(sqlite, `${root}${from}`, target)
    const counted = checked(sqlite, target, count)
    await chmod(target, 0o600)
    await syncFolder(target)
    await syncFolder(dirname(target))
    return counted
  } catch (error) {
    throw faultOf(error, from)
  }
}

/** A file of ours from the first byte on; what a crash left under the name goes first. */
const makeEmpty = async (path: string): Promise<void> => {
  for (const end of ['', '-journal', '-wal', '-shm']) await orNull(unlink(`${path}${end}`))
  await (await open(path, 'wx', 0o600)).close()
}

const backUp = async (sqlite: Sqlite, from: string, to: string): Promise<void> => {
  const source = new sqlite.DatabaseSync(from, { readOnly: true, timeout: 10_000 })
  try {
    source.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    await sqlite.backup(source, to, { rate: PAGES })
  } finally {
    source.close()
  }
}

const checked = (sqlite: Sqlite, path: string, count: string): number => {
  const copy = new sqlite.DatabaseSync(path)
  try {
    copy.exec('PRAGMA journal_mode = DELETE')
    const [said] = values(copy, 'PRAGMA quick_check(1)')
    if (said !== 'ok') throw new DroverError('snapshot.damaged', `SQLite says of the copy: ${String(said)}`)
    return Number(values(copy, count)[0])
  } finally {
    copy.close()
  }
}

const OBJECTS = `SELECT k.name FROM kine AS k WHERE k.deleted = 0 AND k.name >= '/registry/' AND k.name < '/registry0'
  AND k.id = (SELECT max(id) FROM kine WHERE name = k.name) ORDER BY k.id`

/** The keys of all objects in a database that nobody writes to, the oldest first; `root` as above. Throws DroverError snapshot.damaged. */
export const objectKeys = async (root: string, path: string): Promise<readonly string[]> => {
  const sqlite = await import('node:sqlite')
  try {
    const database = new sqlite.DatabaseSync(`${root}${path}`, { readOnly: true })
    try {
      return Array.from(database.prepare(OBJECTS).iterate(), (row) => String(row['name']))
    } finally {
      database.close()
    }
  } catch (error) {
    throw faultOf(error, path)
  }
}

const values = (database: DatabaseSync, query: string): readonly unknown[] => Object.values(database.prepare(query).get() ?? {})

const DAMAGED = new Set([1, 11, 26]) // SQLITE_ERROR (no such table), SQLITE_CORRUPT, SQLITE_NOTADB
const FULL = 13

/** The low byte of SQLite's extended code tells the kind of the fault. */
const codeOf = (error: unknown): number =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : -1

const faultOf = (error: unknown, from: string): unknown => {
  if (error instanceof DroverError || !(error instanceof Error)) return error
  const code = codeOf(error)
  const isFull = code === FULL || ('code' in error && error.code === 'ENOSPC')
  if (isFull) return new DroverError('step.space', `the disk is full: the copy of ${from} does not fit`, { cause: error })
  return DAMAGED.has(code) ? new DroverError('snapshot.damaged', `${from} cannot be copied: ${error.message}`, { cause: error }) : error
}
