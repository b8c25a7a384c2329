import { createFakeIo, inTurn } from '@drover/test/kit/cli/fake-io.ts'
import { describe, expect, it } from 'vitest'
import { runCli } from '../program.ts'
import { CliError } from '../cli-error.ts'

describe('status --watch', () => {
  it('outlives a coordinator that is away', async () => {
    const away = new CliError(1, 'cannot reach the coordinator')
    const answers = { 'GET /api/v1/clusters': inTurn([], away, new Error('the end of this test')) }
    const io = createFakeIo({ answers })
    await expect(runCli(['status', '--watch'], io)).rejects.toThrow('the end of this test')
    expect(io.said.out).toMatch(/cannot reach the coordinator[^]*Asked again/)
  })
})
