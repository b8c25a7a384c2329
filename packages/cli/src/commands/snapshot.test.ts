import { inTurn, NOW } from '@drover/test/kit/cli/fake-io.ts'
import { DONE, FORECAST, IDS, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'

const REQUEST = `req-${'a'.repeat(16)}`
const NAME = `manual-${'a'.repeat(16)}`
const SNAPSHOT = {
  name: NAME, cluster: 'home', incarnation: 1, datastore: 'sqlite', at: NOW - 3_600_000, bytes: 5_120_000, sha256: 'c'.repeat(64), grade: 'consistent', objects: 357,
  version: 'v1.36.2+k3s1', token: '0123456789ab', opens: true, host: 'node-1',
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
  const answers = { [`POST /api/v1/clusters/home/snapshots/${NAME}/deletion`]: FORECAST, [APPROVE]: RUN }

  it('wants the name again', async () => {
    expect(await run(['snapshot', 'delete', 'home', NAME], { answers, typed: NAME })).toMatchObject({ code: 3, sent: [] })
    expect(await run(['snapshot', 'delete', 'home', NAME, '--confirm', 'another'], { answers })).toMatchObject({ code: 3, sent: [] })
    expect(await run(['snapshot', 'delete', 'home', NAME, '--confirm', NAME], { answers })).toMatchObject({ code: 0 })
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
    expect(all).toMatch(/NAME +CLUSTER +HOST +AGE +SIZE +OBJECTS +VERSION +GRADE\n/)
    expect(all).toMatch(/home +node-1 +60 min +5\.1 MB +357 +v1\.36\.2\+k3s1 +consistent\n/)
    expect(all).toContain('other token')
    expect((await run(['get', 'snapshots', 'home', '-o', 'name'], { answers })).said.out).toBe(`${NAME}\n`)
    expect((await run(['get', 'snapshots', 'nothing'], { answers })).said.out).toContain('drover snapshot now')
  })
})

describe('get firings', () => {
  const FIRING = { cluster: 'home', host: 'node-1', schedule: 'snapshot', planned: NOW + 3_600_000, state: 'due', attempts: 0, endedAt: null, snapshot: 'snapshot-20261121t1800z', message: null }
  const ended = (change: object): object => ({ ...FIRING, planned: NOW - 600_000, endedAt: NOW - 300_000, ...change })
  const answers = { 'GET /api/v1/firings': [FIRING, ended({ state: 'failed', attempts: 2, message: '3 MB are free' }), ended({ state: 'done', attempts: 1, cluster: 'other' })] }

  it('lists what is due, and what became of what was', async () => {
    const all = (await run(['get', 'firings'], { answers })).said.out
    expect(all).toMatch(/PLANNED \(UTC\) +CLUSTER +HOST +SCHEDULE +OUTCOME +WHEN +SNAPSHOT +SAID\n/)
    expect(all).toMatch(/home +node-1 +snapshot +due +in 60 min +- +-\n/)
    expect(all).toMatch(/failed +5 min ago +- +3 MB are free\n/)
    expect(all).toMatch(/other +node-1 +snapshot +done +5 min ago +snapshot-20261121t1800z +-\n/)
    expect((await run(['get', 'firings', 'other', '-o', 'json'], { answers })).said.out).toContain('"state": "done"')
    expect((await run(['get', 'firings', 'other', '-o', 'wide'], { answers })).said.out).toMatch(/TRIES\n.* 1\n$/)
    expect((await run(['get', 'firings', 'nothing'], { answers })).said.out).toContain('No firings')
  })
})
