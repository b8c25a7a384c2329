import { NOW } from '@drover/test/kit/cli/fake-io.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'

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
