import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { say } from '@drover/protocol'
import { appendEvent, lastEvent, readEvents } from './events.ts'
import { approveForecast, insertForecast, readForecast, readPendingForecast } from './forecasts.ts'
import { readReplay, writeReplay } from './idempotency.ts'
import { insertJoinToken, type JoinTokenRow, readJoinToken, readJoinTokens, revokeJoinToken, spendJoinToken, spentAt } from './join-tokens.ts'
import { insertOrder, type OrderRow, readOrder, readRecentOrders, writeOrderState } from './orders.ts'
import { endRequest, forgetAnswers, insertRequest, readOpenRequests, readRequest } from './requests.ts'
import { insertRun, readRun, readRuns, type RunRow, writeRun } from './runs.ts'
import { readSecret, readSecretIds, writeSecret } from './secrets.ts'
import { nextFence, raiseEpoch, readSetting, writeSetting } from './settings.ts'
import { MIGRATIONS } from './sqlite/migrations/index.ts'
import { type Opened, openSqlite } from './sqlite/open.ts'
import { transact } from './transact.ts'
import { readWaits, writeWaits } from './waits.ts'

const world = {} as { folder: string; file: string; opened: Opened }

beforeEach(async () => {
  world.folder = mkdtempSync(join(tmpdir(), 'drover-store-'))
  world.file = join(world.folder, 'drover.db')
  world.opened = await openSqlite(world.file, { now: 1 })
})
afterEach(async () => {
  await world.opened.close()
  rmSync(world.folder, { recursive: true, force: true })
})

const reopen = async (): Promise<void> => {
  await world.opened.close()
  world.opened = await openSqlite(world.file, { now: 2 })
}
const read = (path: string): string => readFileSync(path, 'latin1')
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

describe('a transaction', () => {
  it('commits all or nothing', async () => {
    const { db } = world.opened
    await expect(
      transact(db, async (trx) => {
        await writeSetting(trx, 'a', 1)
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await readSetting(db, 'a')).toBeNull()
  })

  it('refuses a query beside it, which would wait for ever', async () => {
    const { db } = world.opened
    const beside = transact(db, async (trx) => {
      await writeSetting(trx, 'a', 1)
      await readSetting(db, 'a')
    })
    await expect(beside).rejects.toThrow('use trx')
    await expect(transact(db, () => transact(db, () => Promise.resolve(1)))).rejects.toThrow('use trx')
    expect(await readSetting(db, 'a')).toBeNull()
    await writeSetting(db, 'a', 2)
  })

  it('is the only thing that begins one', () => {
    const files = readdirSync(join(import.meta.dirname, '..'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    const readers = files.filter((name) => read(join(import.meta.dirname, '..', name)).includes('.transaction()'))
    expect(readers).toEqual(['store/transact.ts'])
  })

  it('tells before and after each commit, and nothing for what only reads', async () => {
    const seen: string[] = []
    await world.opened.close()
    world.opened = await openSqlite(world.file, { now: 2, onCommit: (when) => seen.push(when) })
    await readSetting(world.opened.db, 'a')
    expect(seen).toEqual([])
    await writeSetting(world.opened.db, 'a', 1)
    await transact(world.opened.db, async (trx) => {
      await writeSetting(trx, 'b', 1)
      await writeSetting(trx, 'c', 1)
    })
    expect(seen).toEqual(['before', 'after', 'before', 'after'])
  })
})

const TOKEN: JoinTokenRow = {
  id: 'aaaaaaaaaa', publicKey: new Uint8Array(32), usesLeft: 2, role: 'any', cluster: null, cidrs: ['10.0.0.0/24'], labels: { site: 'a' },
  approve: 'auto', replaces: null, createdBy: 'me', createdAt: 1, expiresAt: 1000, revokedAt: null,
}

describe('join tokens', () => {
  it('come back as they were stored', async () => {
    await insertJoinToken(world.opened.db, TOKEN)
    await reopen()
    expect(await readJoinToken(world.opened.db, TOKEN.id)).toEqual(TOKEN)
    expect(await readJoinTokens(world.opened.db)).toEqual([TOKEN])
    expect(await readJoinToken(world.opened.db, 'bbbbbbbbbb')).toBeNull()
  })

  it('are spent one use at a time, not after their end, not when revoked', async () => {
    const { db } = world.opened
    await insertJoinToken(db, TOKEN)
    const spend = (host: string, now = 10): Promise<boolean> => transact(db, (trx) => spendJoinToken(trx, { id: TOKEN.id, host, now }))
    expect([await spend('a', 1000), await spend('a'), await spend('b'), await spend('c')]).toEqual([false, true, true, false])
    expect([await spentAt(db, { id: TOKEN.id, host: 'a' }), await spentAt(db, { id: TOKEN.id, host: 'c' })]).toEqual([10, null])
    await insertJoinToken(db, { ...TOKEN, id: 'cccccccccc' })
    expect([await revokeJoinToken(db, 'cccccccccc', 5), await revokeJoinToken(db, 'cccccccccc', 6)]).toEqual([true, false])
    expect(await spendJoinToken(db, { id: 'cccccccccc', host: 'd', now: 10 })).toBe(false)
  })
})

const FORECAST = { id: 'fc-a', cluster: 'home', hash: 'f', bytes: Buffer.from('{}'), created_at: 1, created_by: 'me', approved_at: null, approved_by: null }
const RUN: RunRow = { id: 'run-a', cluster: 'home', forecast: 'fc-a', state: { kind: 'running' }, spent: { k: { sent: 1, done: 0, failed: 0 } }, approvedBy: 'me', startedAt: 1, endedAt: null }

describe('forecasts and runs', () => {
  it('are approved once', async () => {
    const { db } = world.opened
    await insertForecast(db, FORECAST)
    expect((await readPendingForecast(db, 'home'))?.id).toBe('fc-a')
    expect([await approveForecast(db, { id: 'fc-a', by: 'me', at: 2 }), await approveForecast(db, { id: 'fc-a', by: 'you', at: 3 })]).toEqual([true, false])
    expect(await readForecast(db, 'fc-a')).toEqual({ ...FORECAST, approved_at: 2, approved_by: 'me' })
    expect(await readPendingForecast(db, 'home')).toBeNull()
  })

  it('of many hosts are packed in the file and come back byte for byte', async () => {
    const { db } = world.opened
    const bytes = Buffer.from(JSON.stringify(Array.from({ length: 10_000 }, (_, at) => ({ host: at, does: 'the same' }))))
    await insertForecast(db, { ...FORECAST, bytes })
    expect((await readForecast(db, 'fc-a'))?.bytes).toEqual(bytes)
    expect((await readPendingForecast(db, 'home'))?.bytes).toEqual(bytes)
    expect(raw((database) => database.prepare('SELECT length(bytes) AS n FROM forecast').get() as { n: number }).n).toBeLessThan(bytes.length / 4)
  })

  it('come back as they were stored; a cluster has one open run at most', async () => {
    const { db } = world.opened
    await insertForecast(db, FORECAST)
    await insertRun(db, RUN)
    await expect(insertRun(db, { ...RUN, id: 'run-b' })).rejects.toThrow('UNIQUE constraint failed: run.cluster')
    await writeRun(db, { ...RUN, state: { kind: 'done' }, endedAt: 9 })
    await insertRun(db, { ...RUN, id: 'run-b', startedAt: 10 })
    await reopen()
    expect(await readRun(world.opened.db, 'run-a')).toEqual({ ...RUN, state: { kind: 'done' }, endedAt: 9 })
    expect((await readRuns(world.opened.db)).map((run) => run.id)).toEqual(['run-b', 'run-a'])
    await expect(insertRun(world.opened.db, { ...RUN, id: 'run-c', cluster: 'away', forecast: 'fc-x' })).rejects.toThrow('FOREIGN KEY')
  })
})

const ORDER = {
  id: 'ord-a', run: 'run-a', request: null, cluster: 'home', host: 'h-a', kind: 'k3s.start', actionKey: 'key', class: 'disrupt', change: 'h-a', attempt: 1,
  state: { kind: 'queued' }, bytes: new Uint8Array([1, 2]), signature: new Uint8Array([3]), createdAt: 1, endedAt: null,
} as OrderRow

describe('orders', () => {
  it('come back byte by byte; what an action needs has one open order at most', async () => {
    const { db } = world.opened
    await insertOrder(db, ORDER)
    await expect(insertOrder(db, { ...ORDER, id: 'ord-b' })).rejects.toThrow('UNIQUE constraint failed')
    expect(await readOrder(db, 'ord-a')).toEqual(ORDER)
    await writeOrderState(db, { ...ORDER, state: { kind: 'sent', at: 4 }, endedAt: 5 })
    await insertOrder(db, { ...ORDER, id: 'ord-b' })
    expect((await readRecentOrders(db, 5)).map((order) => order.id)).toEqual(['ord-b'])
    expect((await readRecentOrders(db, 4)).map((order) => order.id)).toEqual(['ord-a', 'ord-b'])
  })
})

describe('requests', () => {
  it('are open until they end, and forget their answer', async () => {
    const { db } = world.opened
    const row = { id: 'req-a', kind: 'kubeconfig', cluster: 'home', params: { sealTo: 'k' }, askedBy: 'me', askedAt: 5, state: 'open', message: null, answer: null } as const
    await insertRequest(db, row)
    expect(await readOpenRequests(db)).toEqual([row])
    await endRequest(db, { id: 'req-a', state: 'done', message: null, answer: 'sealed' })
    expect(await readOpenRequests(db)).toEqual([])
    await forgetAnswers(db, 5)
    expect((await readRequest(db, 'req-a'))?.answer).toBe('sealed')
    await forgetAnswers(db, 6)
    expect(await readRequest(db, 'req-a')).toEqual({ ...row, state: 'done' })
  })
})

describe('secrets', () => {
  it('are boxed under the key, bound to their id, and never replaced', async () => {
    const { db } = world.opened
    const kek = new Uint8Array(32).fill(7)
    const value = new TextEncoder().encode('a very secret thing')
    await writeSecret(db, { id: 'cluster/home/server-token', value, kek, now: 1 })
    await writeSecret(db, { id: 'cluster/home/server-token', value: new Uint8Array([1]), kek, now: 2 })
    expect(await readSecret(db, 'cluster/home/server-token', kek)).toEqual(value)
    expect(await readSecretIds(db)).toEqual(['cluster/home/server-token'])
    await expect(readSecret(db, 'cluster/home/server-token', new Uint8Array(32))).rejects.toThrow('cannot open')
    await world.opened.close()
    for (const name of readdirSync(world.folder)) expect(read(join(world.folder, name))).not.toContain('very secret')
    world.opened = await openSqlite(world.file, { now: 2 })
    await world.opened.db.updateTable('secret').set({ id: 'cluster/away/server-token' }).execute()
    await expect(readSecret(world.opened.db, 'cluster/away/server-token', kek)).rejects.toThrow('cannot open')
  })
})

describe('numbers that only rise', () => {
  it('do so over a new start', async () => {
    expect([await raiseEpoch(world.opened.db), await raiseEpoch(world.opened.db)]).toEqual([1, 2])
    const fence = (resource: string): Promise<number> => transact(world.opened.db, (trx) => nextFence(trx, resource))
    expect([await fence('host/a'), await fence('host/a'), await fence('host/b')]).toEqual([1, 2, 1])
    await reopen()
    expect([await raiseEpoch(world.opened.db), await fence('host/a')]).toEqual([3, 3])
  })
})

describe('waits, events and replays', () => {
  it('keep since when each wait lasts', async () => {
    const { db } = world.opened
    await transact(db, (trx) => writeWaits(trx, 'home', new Map([['a', 1], ['b', 2]])))
    await transact(db, (trx) => writeWaits(trx, 'home', new Map([['b', 2]])))
    expect(await readWaits(db)).toEqual([{ cluster: 'home', key: 'b', since: 2 }])
  })

  it('number events without gaps and read them after a number', async () => {
    const { db } = world.opened
    for (const host of ['a', 'b', 'c']) await appendEvent(db, { at: 1, host, said: say('host.online', { host }) })
    expect((await readEvents(db, 1, 10)).map(({ seq, host }) => [seq, host])).toEqual([[2, 'b'], [3, 'c']])
    expect((await readEvents(db, 0, 1)).map(({ seq }) => seq)).toEqual([1])
    expect(await lastEvent(db)).toBe(3)
  })

  it('give the first answer again for a day, to the same principal', async () => {
    const { db } = world.opened
    const row = { key: 'k', principal: 'me', digest: 'd', status: 201, body: '{}', at: 1 }
    await writeReplay(db, row)
    await writeReplay(db, { ...row, body: 'other' })
    expect(await readReplay(db, 'k', 'me')).toEqual({ digest: 'd', status: 201, body: '{}' })
    expect(await readReplay(db, 'k', 'you')).toBeNull()
    await writeReplay(db, { ...row, key: 'l', at: 86_400_002 })
    expect(await readReplay(db, 'k', 'me')).toBeNull()
  })
})
