import { FORECAST, HOST, IDS, RUN } from '@drover/test/kit/cli/fixtures.ts'
import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'

const APPROVE = `POST /api/v1/forecasts/${IDS.forecast}/approve`

describe('what cannot be taken back', () => {
  const answers = { 'DELETE /api/v1/hosts/node-1': HOST, 'POST /api/v1/clusters/home/deletion': FORECAST, [APPROVE]: RUN }

  it.each([['remove', 'host', 'node-1'], ['delete', 'cluster', 'home']])('%s %s wants the name again', async (...argv) => {
    const name = String(argv.at(-1))
    expect(await run(argv, { answers, typed: name })).toMatchObject({ code: 3, sent: [] })
    expect(await run([...argv, '--confirm', 'another'], { answers })).toMatchObject({ code: 3, sent: [] })
    expect(await run(argv, { answers, typed: 'y', isTerminal: true })).toMatchObject({ code: 3, sent: [] })
    expect(await run(argv, { answers, typed: null, isTerminal: true })).toMatchObject({ code: 3, sent: [] })
    expect(await run([...argv, '--confirm', name], { answers })).toMatchObject({ code: 0 })
  })
})

describe('delete cluster --without', () => {
  it('names the hosts that never come back', async () => {
    const answers = { 'POST /api/v1/clusters/home/deletion': FORECAST, [APPROVE]: RUN }
    const { bodies } = await run(['delete', 'cluster', 'home', '--confirm', 'home', '--without', 'node-2', 'node-3'], { answers })
    expect(bodies[0]).toEqual({ confirm: 'home', without: ['node-2', 'node-3'] })
  })
})

describe('remove token', () => {
  const answers = { 'DELETE /api/v1/tokens/abcdefghij': { revoked: 'abcdefghij' } }

  it('revokes it at once, and says that hosts stay', async () => {
    const { code, said, sent } = await run(['remove', 'token', 'abcdefghij'], { answers })
    expect([code, said.out, sent.length]).toEqual([0, 'token abcdefghij is revoked; hosts that it let in stay\n', 1])
  })
})
