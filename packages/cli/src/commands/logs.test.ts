import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'

describe('logs', () => {
  it('say so where there are none', async () => {
    const { code, said } = await run(['logs', 'node-1', '--unit', 'k3s-agent'], { answers: { 'GET /api/v1/hosts/node-1/logs?unit=k3s-agent&lines=200': { host: 'node-1', unit: 'k3s-agent', lines: [] } } })
    expect([code, said.out, said.err]).toEqual([0, '', expect.stringContaining('no line of k3s-agent')])
  })
})
