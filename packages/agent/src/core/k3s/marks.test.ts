import { HostIdSchema, ClusterNameSchema } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { wantedFiles } from './files.ts'
import { isCurrent, parseClaim, parseInstalled, parseStarted, renderMark, type Started } from './marks.ts'

const claim = { cluster: ClusterNameSchema.parse('home'), incarnation: 2, seed: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa') }
const started: Started = { binary: 'a'.repeat(64), settings: 'b'.repeat(64), before: 'i1', cursor: 's=1', order: 'ord-a' }

describe('marks', () => {
  it('are read as they were written', () => {
    const installed = { version: 'v1.36.2+k3s1', sha256: 'c'.repeat(64), bytes: 1, modifiedMs: 2, links: [], images: {} }
    expect(parseClaim(renderMark(claim))).toEqual(claim)
    expect(parseStarted(renderMark(started))).toEqual(started)
    expect(parseInstalled(renderMark(installed))).toEqual(installed)
  })

  it.each(['', '{', '[]', 'null', '{"cluster":"home"}'])('that are damaged are none: %j', (text) => {
    expect([parseClaim(text), parseStarted(text), parseInstalled(text)]).toEqual([null, null, null])
  })
})

describe('isCurrent', () => {
  const now = { binary: started.binary, settings: started.settings, earlier: ['e'.repeat(64), 'f'.repeat(64)], invocation: 'i2' }

  it('holds once the unit was started anew with what is on disk', () => {
    expect(isCurrent(started, now)).toBe(true)
  })

  it('holds for what an agent started that counted more among the settings', () => {
    for (const settings of now.earlier) expect(isCurrent({ ...started, settings }, now)).toBe(true)
  })

  it.each([
    ['never started', null, now],
    ['written down, but not started yet', started, { ...now, invocation: 'i1' }],
    ['other settings', started, { ...now, settings: 'd'.repeat(64) }],
    ['another binary', started, { ...now, binary: null }],
  ])('does not hold where it was %s', (_name, mark, onDisk) => {
    expect(isCurrent(mark, onDisk)).toBe(false)
  })
})

describe('wantedFiles', () => {
  const secrets = { 'server-token': 'server-secret', 'agent-token': 'agent-secret' }
  const of = (role: 'server' | 'agent') => wantedFiles({ role, claim, config: { 'node-name': 'one' }, secrets })

  it('gives a worker no server token', () => {
    expect(JSON.stringify(of('agent'))).not.toContain('server-secret')
    expect(JSON.stringify(of('server'))).toContain('server-secret')
  })

  it('keeps secrets in files for root alone, and the claim for the end', () => {
    const holding = of('server').filter(({ text }) => /-secret/.test(text))
    expect(holding.map(({ mode }) => mode)).toEqual([0o600, 0o600])
    expect(of('agent').at(-1)?.path).toBe('/var/lib/drover/claim.json')
  })
})
