import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeIo, type FakeIo, type FakeIoOptions, inTurn, NOW } from '@drover/test/kit/cli/fake-io.ts'
import { DONE, FORECAST, IDS, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { describe, expect, it } from 'vitest'
import { runCli } from '../program.ts'

const run = async (argv: readonly string[], options: FakeIoOptions = {}): Promise<FakeIo & { code: number }> => {
  const io = createFakeIo(options)
  return Object.assign(io, { code: await runCli(argv, io) })
}

const REQUEST = `req-${'a'.repeat(16)}`
const NAME = `manual-${'a'.repeat(16)}`
const SNAPSHOT = {
  name: NAME, cluster: 'home', incarnation: 1, datastore: 'sqlite', at: NOW - 3_600_000, bytes: 5_120_000, sha256: 'c'.repeat(64), grade: 'consistent', objects: 357,
  version: 'v1.36.2+k3s1', token: '0123456789ab', opens: true, host: 'node-1', copied: NOW,
}
const asked = (state: string, message: string | null = null): unknown => ({ id: REQUEST, kind: 'snapshot', cluster: 'home', state, askedBy: 'admin', askedAt: NOW, message, answer: null })
const APPROVE = `POST /api/v1/forecasts/${IDS.forecast}/approve`

describe('snapshot now', () => {
  it('waits until it is taken and says what is in it', async () => {
    const answers = { 'POST /api/v1/clusters/home/snapshots': asked('open'), [`GET /api/v1/requests/${REQUEST}`]: inTurn(asked('open'), asked('done')), 'GET /api/v1/snapshots': inTurn([], [SNAPSHOT]) }
    const { code, said } = await run(['snapshot', 'now', 'home'], { answers })
    expect([code, said.out]).toEqual([0, `snapshot ${NAME} of home is taken: 5.1 MB, 357 objects, consistent, on node-1\n`])
  })

  it('ends with 1 and the words of the server where it is refused', async () => {
    const answers = { 'POST /api/v1/clusters/home/snapshots': asked('open'), [`GET /api/v1/requests/${REQUEST}`]: asked('refused', '3 MB are free') }
    const { code, said } = await run(['snapshot', 'now', 'home'], { answers })
    expect([code, said.out, said.err]).toEqual([1, '', expect.stringContaining('3 MB are free')])
  })
})

describe('snapshot delete', () => {
  const answers = { 'GET /api/v1/snapshots': [SNAPSHOT], [`POST /api/v1/clusters/home/snapshots/${NAME}/deletion`]: FORECAST, [APPROVE]: RUN }

  it('wants the name again', async () => {
    expect(await run(['snapshot', 'delete', 'home', NAME], { answers, typed: NAME })).toMatchObject({ code: 3, sent: [] })
    expect(await run(['snapshot', 'delete', 'home', NAME, '--confirm', 'another'], { answers })).toMatchObject({ code: 3, sent: [] })
    expect(await run(['snapshot', 'delete', 'home', NAME, '--confirm', NAME], { answers })).toMatchObject({ code: 0 })
  })
})

describe('snapshot delete of what only the coordinator has', () => {
  const answers = { 'GET /api/v1/snapshots': [{ ...SNAPSHOT, host: null, opens: null }], [`DELETE /api/v1/clusters/home/snapshots/${NAME}/copy`]: { deleted: NAME } }

  it('needs no forecast, but the name', async () => {
    expect(await run(['snapshot', 'delete', 'home', NAME], { answers, typed: NAME })).toMatchObject({ code: 3, sent: [] })
    const { code, said } = await run(['snapshot', 'delete', 'home', NAME, '--confirm', NAME], { answers })
    expect([code, said.out]).toEqual([0, `the copy of snapshot ${NAME} of home is deleted\n`])
  })
})

describe('snapshot download', () => {
  const BYTES = Buffer.from('SQLite format 3')
  const there = { ...SNAPSHOT, bytes: BYTES.length, sha256: createHash('sha256').update(BYTES).digest('hex') }
  const path = `/api/v1/clusters/home/snapshots/${NAME}/copy`
  const folder = (): string => mkdtempSync(join(tmpdir(), 'drover-download-'))
  const download = (to: string, options: FakeIoOptions) => run(['snapshot', 'download', 'home', NAME, '--to', to], options)

  it('writes the file that was taken, for the caller alone', async () => {
    const to = join(folder(), 'home.db')
    const { code, said } = await download(to, { answers: { 'GET /api/v1/snapshots': [there] }, streams: { [path]: BYTES } })
    expect([code, readFileSync(to), statSync(to).mode & 0o777]).toEqual([0, BYTES, 0o600])
    expect(said.out).toContain('all secrets')
    expect(await download(to, { answers: { 'GET /api/v1/snapshots': [there] }, streams: { [path]: BYTES } })).toMatchObject({ code: 2, sent: [] })
  })

  it.each<[string, Uint8Array, typeof there]>([
    ['is cut off', BYTES.subarray(0, 5), there],
    ['is another file', Buffer.from('SQLite format 4'), there],
  ])('leaves nothing where what comes %s', async (_what, bytes, shown) => {
    const where = folder()
    expect(await download(join(where, 'home.db'), { answers: { 'GET /api/v1/snapshots': [shown] }, streams: { [path]: bytes } })).toMatchObject({ code: 1 })
    expect(readdirSync(where)).toEqual([])
  })

  it('says where there is no copy, no folder and no name for the file', async () => {
    const answers = { 'GET /api/v1/snapshots': [{ ...there, copied: null }] }
    expect((await download(join(folder(), 'x'), { answers })).said.err).toContain('has no copy')
    expect(await download(join(folder(), 'none', 'x'), { answers: { 'GET /api/v1/snapshots': [there] } })).toMatchObject({ code: 2 })
    expect(await run(['snapshot', 'download', 'home', NAME], { answers })).toMatchObject({ code: 2, sent: [] })
    expect(await run(['snapshot', 'download', 'home'], { answers })).toMatchObject({ code: 2, sent: [] })
  })
})

describe('restore', () => {
  const answers = { 'POST /api/v1/clusters/home/restoration': FORECAST, [APPROVE]: RUN, [`GET /api/v1/runs/${IDS.run}`]: DONE }

  it('shows what would be done before it asks, and approves that', async () => {
    const unsure = await run(['restore', 'home', '--latest'], { answers })
    expect([unsure.code, unsure.sent, unsure.said.out]).toEqual([3, ['POST /api/v1/clusters/home/restoration'], expect.stringContaining('Steps')])
    const sure = await run(['restore', 'home', '--snapshot', NAME, '--confirm', 'home', '--wait'], { answers })
    expect([sure.code, sure.bodies[0]]).toEqual([0, { snapshot: NAME }])
    expect(await run(['restore', 'home', '--latest'], { answers, typed: 'home', isTerminal: true })).toMatchObject({ code: 0, bodies: [{ snapshot: null }, { hash: FORECAST.hash }, undefined] })
  })
})

describe('get snapshots', () => {
  const answers = { 'GET /api/v1/snapshots': [SNAPSHOT, { ...SNAPSHOT, name: 'x', cluster: 'other', bytes: 400, opens: false }] }

  it('lists them all, or those of one cluster', async () => {
    const all = (await run(['get', 'snapshots'], { answers })).said.out
    expect(all).toMatch(/NAME +CLUSTER +WHERE +AGE +SIZE +OBJECTS +VERSION +GRADE\n/)
    expect(all).toMatch(/home +node-1, coordinator +60 min +5\.1 MB +357 +v1\.36\.2\+k3s1 +consistent\n/)
    expect(all).toContain('other token')
    expect((await run(['get', 'snapshots', 'home', '-o', 'name'], { answers })).said.out).toBe(`${NAME}\n`)
    expect((await run(['get', 'snapshots', 'nothing'], { answers })).said.out).toContain('drover snapshot now')
  })
})
