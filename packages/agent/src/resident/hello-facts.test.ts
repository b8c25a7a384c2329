import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { helloFactsSchema } from '@drover/protocol'
import { expect, it } from 'vitest'
import { createHelloFacts, displayName } from './hello-facts.ts'

it('says what HELLO takes, with digests of bundle and policy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-hello-'))
  try {
    const bundle = join(folder, 'agent.cjs')
    writeFileSync(bundle, 'x'.repeat(200_000))
    const hello = createHelloFacts({
      version: '1.0.0',
      bundle,
      policy: join(folder, 'policy.json'),
      boot: { bootId: 'aaaa-1', count: 2 },
      journalHead: async () => ({ count: 3, hash: null }),
      maxEpochSeen: async () => 4,
    })
    const said = await hello()
    expect(helloFactsSchema.parse(said)).toEqual(said)
    expect(said).toMatchObject({ bundleSha256: createHash('sha256').update('x'.repeat(200_000)).digest('hex'), policyDigest: null, bootCount: 2, maxEpochSeen: 4 })
    writeFileSync(join(folder, 'policy.json'), '{}')
    expect((await hello()).policyDigest).toBe(createHash('sha256').update('{}').digest('hex'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

it.each([
  ['node-1.example.com', 'node-1.example.com'],
  ['my_host', 'my-host'],
  ['(none)', 'none'],
  ['---', 'host'],
  ['', 'host'],
])('shows %j as %j', (name, shown) => {
  expect(displayName(name)).toBe(shown)
})
