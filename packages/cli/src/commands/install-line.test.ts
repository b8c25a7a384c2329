import { run } from '@drover/test/kit/cli/run-command.ts'
import { describe, expect, it } from 'vitest'

describe('install-line', () => {
  it.each([[['--for', '3d'], '--for 3d'], [['--cidr', '10.0.0'], '--cidr "10.0.0" is not a network'], [['--label', 'a b=c'], '--label a b: '], [['--count', '0'], '--count "0"']])('%j is told in words of the flag', async (flags, words) => {
    expect((await run(['install-line', ...flags])).said.err).toContain(words)
  })


  it('prints the line alone on standard output', async () => {
    const token = { id: 'aaaaaaaaaa', kind: 'join', role: 'any', usesLeft: 2, labels: {}, createdBy: 'me', createdAt: 1, expiresAt: 2, revokedAt: null }
    const made = { token, line: 'curl …', expiresAt: 1_780_001_800_000, uses: 2 }
    const { said, bodies } = await run(['install-line', '--count', '2', '--for', '2h', '--label', 'site=a', '--label', 'role=worker'], { answers: { 'POST /api/v1/tokens': made } })
    expect(said.out).toBe('curl …\n')
    expect(said.err).toContain('2 hosts and 30 min')
    expect(bodies).toMatchObject([{ count: 2, forMinutes: 120, labels: { site: 'a', role: 'worker' } }])
  })
})
