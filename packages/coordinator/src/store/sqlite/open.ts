import { chmodSync, existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { DroverError } from '@drover/protocol'
import type { Schema } from '../schema.ts'
import { backupTo, bindingOption } from './backup.ts'
import { GuardedDialect, type OnCommit } from './guarded-dialect.ts'
import { migrate } from './migrate.ts'

/** The opened database: kysely for queries, `backup` for a whole verified copy, `close`. */
export type Opened = {
  readonly db: Kysely<Schema>
  readonly backup: (file: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** `now` in ms; `nativeBinding` for a bundle; `onCommit` for tests. */
export type OpenOptions = { readonly now: number; readonly nativeBinding?: string; readonly onCommit?: OnCommit }

const PRAGMAS = ['journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON', 'trusted_schema = OFF', 'busy_timeout = 5000', 'mmap_size = 0', 'cell_size_check = ON']

/** Opens (and creates) the one database file: WAL, FULL, both read back; migrates with a copy before. */
export const openSqlite = async (file: string, options: OpenOptions): Promise<Opened> => {
  const fresh = !existsSync(file)
  const raw = new Database(file, bindingOption(options.nativeBinding))
  const source = { raw, nativeBinding: options.nativeBinding }
  chmodSync(file, 0o600)
  for (const pragma of PRAGMAS) raw.pragma(pragma)
  assertDurable(raw, file)
  if (!fresh) assertSound(raw, file)
  await migrate(source, { file, fresh, now: options.now })
  const db = new Kysely<Schema>({ dialect: new GuardedDialect(raw, options.onCommit) })
  return { db, backup: async (to) => backupTo(source, to), close: () => db.destroy() }
}

const assertDurable = (raw: Database.Database, file: string): void => {
  const mode = raw.pragma('journal_mode', { simple: true })
  const sync = raw.pragma('synchronous', { simple: true })
  if (mode !== 'wal' || sync !== 2) throw new DroverError('storage.full', `${file} cannot be opened durably (journal ${String(mode)}, synchronous ${String(sync)})`)
}

const assertSound = (raw: Database.Database, file: string): void => {
  const answer = raw.pragma('quick_check(1)', { simple: true })
  if (answer !== 'ok') throw new DroverError('internal', `${file} is damaged: ${String(answer)}. It was left as it is; put a backup from the backups folder in its place.`)
}
