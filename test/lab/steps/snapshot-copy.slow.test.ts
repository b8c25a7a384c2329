import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type SnapshotShown, SnapshotShownSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { endOf } from '../drover/firings.ts'
import { type JournalOf, journalsOf, killAgent } from '../drover/moments.ts'
import { openSite, type Site } from '../drover/site.ts'
import type { Host } from '../host.ts'
import { skipOrFail } from '../skip-or-fail.ts'
import { until } from '../until.ts'

const SPEC = `cluster: home
k3s: { version: VERSION }
servers: { select: { role: server } }
network: { node: 10.0.0.0/24 }
snapshots: false
`
const LONG = { timeoutMs: 280_000 }
/** Random bytes in a table of their own: a datastore that takes a while to copy. */
const FATTEN = `const db = new (require('node:sqlite').DatabaseSync)('/var/lib/rancher/k3s/server/db/state.db', { timeout: 20000 });
db.exec('CREATE TABLE filler (x)'); const put = db.prepare('INSERT INTO filler VALUES (randomblob(1048576))'); for (let n = 0; n < 300; n += 1) put.run(); db.close()`

describe.skipIf(skipOrFail())('a copy of a snapshot, from a real host', () => {
  let site: Site
  let one: Host
  let since = 0
  const snapshots = async (): Promise<SnapshotShown[]> => z.array(SnapshotShownSchema).parse(JSON.parse(await site.must(['get', 'snapshots', 'home', '-o', 'json'])))
  const folder = (): string => join(site.place, 'coordinator/snapshots/home')
  const half = (): number => {
    const name = existsSync(folder()) ? readdirSync(folder()).find((each) => each.endsWith('.part')) : undefined
    return name === undefined ? 0 : statSync(join(folder(), name)).size
  }
  const take = async (): Promise<string> => (await site.must(['snapshot', 'now', 'home'], LONG)).split(' ')[1] ?? ''
  const copied = (name: string): Promise<SnapshotShown> => until(`the copy of ${name}`, async () => (await snapshots()).find((one) => one.name === name && one.copied !== null) ?? null, { limitMs: 180_000 })
  const copies = (): readonly JournalOf[] => journalsOf(one, since).filter(({ kind }) => kind === 'snapshot.copy')
  const begun = (bytes: number): Promise<number> => until('the copy to be under way', () => (half() > bytes ? half() : null), { everyMs: 5, limitMs: 120_000 })
  const download = async (name: string, file = name): Promise<string> => {
    const to = join(site.place, `${file}.db`)
    await site.must(['snapshot', 'download', 'home', name, '--to', to], LONG)
    return to
  }

  beforeAll(async () => {
    site = await openSite({ name: 'copies', hosts: { one: 'server' } })
    one = site.lab.host('one')
    await site.must(['apply', '-f', site.spec('home', SPEC), '--yes', '--wait'], LONG)
  })
  afterAll(() => site.close())

  test('arrives by itself, and nobody but the coordinator can read it', async () => {
    const taken = await copied(await take())
    expect(taken.host).toBe('one')
    const file = readFileSync(join(folder(), `${taken.name}.copy`))
    expect(file.includes('SQLite format 3')).toBe(false)
    expect(statSync(join(folder(), `${taken.name}.copy`)).mode & 0o777).toBe(0o600)
    expect(await site.must(['get', 'snapshots', 'home'])).toMatch(/one, coordinator/)
  })

  test('is, downloaded, the snapshot bit for bit, and a whole database', async () => {
    const [taken] = await snapshots()
    const path = await download(taken?.name ?? '')
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(taken?.sha256)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const database = new DatabaseSync(path, { readOnly: true })
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    database.close()
    const again = await site.drover(['snapshot', 'download', 'home', taken?.name ?? '', '--to', path])
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is there already')])
  })

  test('goes on where it was when its process is killed in the middle', async () => {
    await one.writeFile('/root/fatten.cjs', FATTEN)
    await one.must('/opt/drover/current/node /root/fatten.cjs')
    since = Date.now()
    const name = await take()
    const before = await begun(30_000_000)
    expect(killAgent(site.lab.name, one, 'run-step')).toBe(1)
    const { bytes } = await copied(name)
    const ends = await until('the end of the order', () => (copies().some((one) => endOf(one) !== undefined) ? copies().flatMap((each) => endOf(each) ?? []) : null))
    expect(ends).toMatchObject([{ type: 'DONE', recovered: true }])
    const sent = (ends[0] as unknown as { result: { bytes: number } }).result.bytes
    expect({ sent, isLess: sent < bytes - before + 4_000_000 }).toMatchObject({ isLess: true })
    await download(name)
  })

  test('goes on after a power cut of the host and a crash of the coordinator', async () => {
    since = Date.now()
    const name = await take()
    await begun(30_000_000)
    await site.killCoordinator()
    await one.powerCut()
    expect(half()).toBeGreaterThan(30_000_000)
    await one.boot()
    await site.startCoordinator()
    await copied(name)
    await download(name)
  })

  test('is what a restore goes back to where the server has lost its snapshot', async () => {
    const [newest] = await snapshots()
    await one.must('rm -r /var/lib/drover/snapshots')
    await until('the host to say that it has none', async () => ((await snapshots()).every((each) => each.host === null) ? true : null))
    const said = await site.must(['restore', 'home', '--latest', '--confirm', 'home', '--wait'], LONG)
    expect(said).toMatch(/fetch snapshot .* from its copy on the coordinator/)
    expect(said).toMatch(/run run-[a-z2-7]{16} done\n$/)
    expect(await one.must(`sha256sum < /var/lib/drover/snapshots/${newest?.name ?? ''}/state.db`)).toContain(newest?.sha256)
    await copied('restored-2')
  })

  test('goes with its snapshot, and stays where the cluster is deleted, until somebody deletes it', async () => {
    const names = (await snapshots()).map((each) => each.name)
    const first = names.find((name) => name.startsWith('manual-')) ?? ''
    const others = names.filter((name) => name !== first)
    await site.must(['snapshot', 'delete', 'home', first, '--confirm', first, '--wait'], LONG)
    expect((await snapshots()).map((each) => each.name)).toEqual(others)
    const gone = await site.must(['delete', 'cluster', 'home', '--confirm', 'home', '--wait'], LONG)
    expect(gone).toMatch(/copies of snapshots of home stay with the coordinator/)
    await one.must('rm -r /var/lib/drover/snapshots')
    const left = await until('the host to say that it has none', async () => ((await snapshots()).every((each) => each.host === null) ? snapshots() : null))
    expect(left.map((each) => each.name)).toEqual(others)
    await download(others[0] ?? '', 'after')
    for (const other of others) await site.must(['snapshot', 'delete', 'home', other, '--confirm', other])
    expect(await snapshots()).toEqual([])
    expect(readdirSync(folder())).toEqual([])
  })
})
