import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { useStore } from '@drover/test/kit/coordinator/use-store.ts'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { readSetting, writeSetting } from '../settings.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { openSqlite } from './open.ts'

const world = useStore()
const raw = <T>(work: (database: Database.Database) => T): T => {
  const database = new Database(world.file)
  try {
    return work(database)
  } finally {
    database.close()
  }
}

describe('the database file', () => {
  it('is WAL, FULL, of the owner alone, and every table is STRICT', async () => {
    const { db } = world.opened
    expect(statSync(world.file).mode & 0o777).toBe(0o600)
    expect(raw((database) => database.pragma('journal_mode', { simple: true }))).toBe('wal')
    const loose = raw((database) => database.prepare("SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'").all())
    expect(loose).toEqual([])
    await expect(db.insertInto('wait').values({ cluster: 'home', key: 'k', since: 'soon' as never }).execute()).rejects.toThrow('cannot store TEXT value in INTEGER column')
    await expect(db.insertInto('setting').values({ key: 'k', value: '{' }).execute()).rejects.toThrow('CHECK constraint failed')
  })

  it('is refused where it was written by a newer Drover, and left as it is', async () => {
    await world.opened.close()
    raw((database) => database.pragma(`user_version = ${String(MIGRATIONS.length + 1)}`))
    await expect(openSqlite(world.file, { now: 2 })).rejects.toThrow('newer Drover')
    expect(raw((database) => database.pragma('user_version', { simple: true }))).toBe(MIGRATIONS.length + 1)
    raw((database) => database.pragma(`user_version = ${String(MIGRATIONS.length)}`))
    world.opened = await openSqlite(world.file, { now: 3 })
  })

  it('is refused where it is no database, and not overwritten', async () => {
    const other = join(world.folder, 'other.db')
    writeFileSync(other, 'a letter to a friend, which is not a database at all, of some length'.repeat(100))
    await expect(openSqlite(other, { now: 2 })).rejects.toThrow('not a database')
    expect(statSync(other).size).toBe(6800)
  })

  it('is copied before a migration touches what it holds, and the copy opens', async () => {
    await writeSetting(world.opened.db, 'colour', 'green')
    await world.opened.close()
    // As an older version left it: its number is lower than what this one knows.
    raw((database) => {
      for (const { name } of database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'setting'").all() as { name: string }[]) database.exec(`DROP TABLE "${name}"`)
      database.exec('ALTER TABLE setting RENAME TO old_setting')
      database.pragma('user_version = 0')
    })
    world.opened = await openSqlite(world.file, { now: 77 })
    expect(await readSetting(world.opened.db, 'colour')).toBeNull()
    const copy = readdirSync(world.folder).find((name) => name.includes('.before-'))
    expect(copy).toBe(`drover.db.before-${String(MIGRATIONS.length)}-77`)
    const kept = new Database(join(world.folder, copy ?? ''), { readonly: true })
    expect(kept.prepare('SELECT value FROM old_setting').all()).toEqual([{ value: '"green"' }])
    kept.close()
  })

  it('keeps its old schema and number where a migration fails half-way', async () => {
    await world.opened.close()
    raw((database) => {
      database.exec('DROP TABLE idempotency')
      database.pragma('user_version = 0')
    })
    await expect(openSqlite(world.file, { now: 5 })).rejects.toThrow('already exists')
    expect(raw((database) => database.pragma('user_version', { simple: true }))).toBe(0)
    expect(raw((database) => database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'idempotency'").get())).toEqual({ n: 0 })
    raw((database) => {
      database.exec('CREATE TABLE idempotency (key TEXT) STRICT')
      database.pragma(`user_version = ${String(MIGRATIONS.length)}`)
    })
    world.opened = await openSqlite(world.file, { now: 6 })
  })

  it('is copied whole while it is open', async () => {
    await writeSetting(world.opened.db, 'colour', 'green')
    const to = join(world.folder, 'copy.db')
    await world.opened.backup(to)
    const copy = await openSqlite(to, { now: 2 })
    expect(await readSetting(copy.db, 'colour')).toBe('green')
    await copy.close()
    expect(existsSync(`${to}.before-1-2`)).toBe(false)
  })
})
