import { HostSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { journalsOf } from './drover/moments.ts'
import { list, openSite, showHost, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const SPEC = 'cluster: home\nk3s: { version: VERSION }\nservers: { names: [one] }\nnetwork: { node: 10.0.0.0/24 }\n'

// A copy counts as gone only after two minutes without a word of it.
describe.skipIf(skipOrFail())('a copied host', () => {
  let site: Site
  let one: Host

  beforeAll(async () => {
    site = await openSite({ name: 'clone', hosts: { one: 'server' } })
    one = site.lab.host('one')
  })
  afterAll(() => site.close())

  test('a copy of a host, keys and all, is seen and told; neither gets an order until the copy is gone and a person says so', async () => {
    const clone = await site.lab.addHost({ name: 'clone', copyOf: 'one' })
    const finding = await until('the clone to be noticed', async () => (await showHost(site, 'one')).findings.find(({ code }) => code === 'host.clone') ?? null, { limitMs: 120_000, everyMs: 500 })
    expect(finding.args).toEqual({ host: 'one' })
    expect(await site.must(['describe', 'host', 'one'])).toContain('one and another connection hold the same key')
    expect((await list(site, 'hosts', HostSchema)).map(({ name }) => name)).toEqual(['one'])
    const since = Date.now()
    const begun = await site.drover(['apply', '-f', site.spec('home', SPEC), '--yes'])
    expect(begun).toMatchObject({ code: 0, stdout: expect.stringContaining('ASKS  one and another machine hold the same key: nothing is sent to either') as string })
    const waits = await until('the wait', async () => /WAIT one: two machines hold its key.*/.exec(await site.must(['status', 'home']))?.[0] ?? null)
    expect(waits).toContain('ends when the copy is stopped or has a key of its own, and drover approve host one says so')
    expect(await site.drover(['approve', 'host', 'one'])).toMatchObject({ code: 3, stderr: expect.stringContaining('Stop the copy') as string })
    expect([one, clone].map((host) => journalsOf(host, since))).toEqual([[], []])
    await clone.powerCut()
    await until('the copy to be gone for long enough', async () => ((await site.drover(['approve', 'host', 'one'])).code === 0 ? true : null), { limitMs: 300_000, everyMs: 2_000 })
    expect((await showHost(site, 'one')).findings.map(({ code }) => code)).not.toContain('host.clone')
    await until('the cluster', async () => ((await site.must(['status', 'home'])).includes('done') ? true : null), { limitMs: 200_000 })
    await site.must(['delete', 'cluster', 'home', '--confirm', 'home', '--wait'], { timeoutMs: 200_000 })
  })
})
