import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COUNT_OBJECTS } from '../../core/snapshots/meta.ts'
import { absolutePath } from '../path.ts'
import { copyDatabase } from './copy-database.ts'

const KINE = 'CREATE TABLE kine (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, deleted INTEGER, value BLOB); CREATE INDEX kine_name_id ON kine (name, id)'
const [FROM, TO] = [absolutePath('/state.db'), absolutePath('/copy.db')]

describe('copyDatabase', () => {
  let root: string
  let live: DatabaseSync
  const put = (name: string, deleted = 0, value: Uint8Array | null = null): void => {
    live.prepare('INSERT INTO kine (name, deleted, value) VALUES (?, ?, ?)').run(name, deleted, value)
  }
  const copy = (): Promise<number> => copyDatabase(root, { from: FROM, to: TO, count: COUNT_OBJECTS })

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'drover-copy-'))
    live = new DatabaseSync(`${root}${FROM}`)
    live.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; ${KINE}`)
  })
  afterEach(() => {
    live.close()
    rmSync(root, { recursive: true })
  })

  it('holds what is still in the WAL, and counts objects: the newest row of each key that is no deletion', async () => {
    for (const name of ['compact_rev_key', '/bootstrap/0123', 'gap-1', '/registry/a', '/registry/b', '/registry/a', '/registryx']) put(name)
    put('/registry/b', 1)
    put('/registry/c', 1)
    put('/registry/c')
    expect(await copy()).toBe(2)
  })

  it('is one file of our own that stands alone', async () => {
    put('/registry/a')
    writeFileSync(`${root}${TO}-wal`, 'left by a crash')
    await copy()
    expect(statSync(`${root}${TO}`).mode & 0o7777).toBe(0o600)
    expect([`${TO}-wal`, `${TO}-shm`, `${TO}-journal`].filter((name) => existsSync(`${root}${name}`))).toEqual([])
    expect(readFileSync(`${root}${TO}`)[18]).toBe(1)
  })

  it('is of one moment, however much is written while it goes on', async () => {
    for (let index = 0; index < 2000; index += 1) put(`/registry/${String(index)}`, 0, new Uint8Array(8192))
    const state = { done: false, written: 0 }
    const write = (): void => {
      if (state.done) return
      put(`/registry/late-${String(state.written)}`, 0, new Uint8Array(8192))
      state.written += 1
      setImmediate(write)
    }
    const going = copy()
    write()
    const counted = await going
    state.done = true
    expect(state.written).toBeGreaterThan(1)
    expect(counted).toBeGreaterThanOrEqual(2000)
    const again = new DatabaseSync(`${root}${TO}`, { readOnly: true })
    const late = again.prepare("SELECT count(*) AS count FROM kine WHERE name LIKE '/registry/late-%'").get()
    again.close()
    expect(late?.['count']).toBe(counted - 2000)
  })

  it('is checked where nothing that is counted lies', async () => {
    put('/registry/a')
    live.exec('CREATE TABLE other (value BLOB)')
    for (let index = 0; index < 50; index += 1) live.prepare('INSERT INTO other VALUES (?)').run(new Uint8Array(2000))
    const { rootpage } = live.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'other'").get() ?? {}
    live.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    live.close()
    const bytes = readFileSync(`${root}/state.db`)
    for (let at = 4096 * (Number(rootpage) - 1); at < bytes.length; at += 4096) bytes.fill(0xff, at, at + 64)
    writeFileSync(`${root}/state.db`, bytes)
    live = new DatabaseSync(':memory:')
    await expect(copy()).rejects.toMatchObject({ code: 'snapshot.damaged', message: expect.stringContaining('SQLite says of the copy') as string })
  })

  it.each<[string, () => void, string]>([
    ['is no database', () => writeFileSync(`${root}/state.db`, 'x'.repeat(8192)), 'snapshot.damaged'],
    ['has no table of kine', () => live.exec('DROP TABLE kine'), 'snapshot.damaged'],
    [
      'is damaged in the middle',
      () => {
        for (let index = 0; index < 500; index += 1) put(`/registry/${String(index)}`, 0, new Uint8Array(2000))
        live.exec('PRAGMA wal_checkpoint(TRUNCATE)')
        const bytes = readFileSync(`${root}/state.db`)
        for (let at = 4096 * 3; at < bytes.length; at += 4096) bytes.fill(0xff, at, at + 64)
        live.close()
        writeFileSync(`${root}/state.db`, bytes)
        live = new DatabaseSync(':memory:')
      },
      'snapshot.damaged',
    ],
  ])('says so where the database %s', async (_, harm, code) => {
    live.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    harm()
    await expect(copy()).rejects.toMatchObject({ code })
  })
})
