import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openSite, type Site } from './drover/site.ts'
import { endOf, forgetLedgers, partsOf, runAmid, sameEnd, SERVERS, threeByName } from './drover/three-under-fire.ts'
import { skipOrFail } from './skip-or-fail.ts'

describe.skipIf(skipOrFail())('whatever dies while three servers come up, it ends the same', () => {
  let site: Site
  let spec = ''

  beforeAll(async () => {
    site = await openSite({ name: 'ha-kills', hosts: { one: 'server', two: 'server', three: 'server', four: 'worker' } })
    spec = site.spec('ha', threeByName(SERVERS))
  })
  afterAll(() => site.close())
  beforeEach(() => forgetLedgers(site))
  afterEach(async () => {
    await site.must(['delete', 'cluster', 'ha-three', '--confirm', 'ha-three', '--wait'], { timeoutMs: 280_000 })
  })

  const apply = (): readonly string[] => ['apply', '-f', spec, '--yes', '--wait']

  test('six processes die: agents, steps, k3s and the coordinator', async () => {
    const { seed, second, third } = await partsOf(site, spec)
    const ended = await runAmid(site, apply(), [
      { host: seed, kind: 'k3s.start', type: 'APPLYING', victim: 'step' },
      { host: second, kind: 'k3s.start', type: 'RECEIVED', victim: 'coordinator' },
      { host: second, kind: 'k3s.start', type: 'APPLYING', victim: 'agent' },
      { host: seed, kind: 'etcd.promote', type: 'DONE', victim: 'agent' },
      { host: third, kind: 'k3s.start', type: 'APPLYING', victim: 'k3s' },
      { host: third, kind: 'k3s.start', type: 'DONE', victim: 'coordinator' },
    ])
    expect(ended).toBe('done')
    expect(await endOf(site, 'ha-three', spec)).toEqual(sameEnd(site, 1))
  })

  test('six times a host loses its power, the first server too, while two are to vote', async () => {
    const { seed, second, third, worker } = await partsOf(site, spec)
    const ended = await runAmid(site, apply(), [
      { host: seed, kind: 'binary.install', type: 'APPLYING', victim: 'power' },
      { host: seed, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: second, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: worker, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: third, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
      { host: third, kind: 'k3s.start', type: 'DONE', victim: 'power' },
    ])
    expect(ended).toBe('done')
    expect(await endOf(site, 'ha-three', spec)).toEqual(sameEnd(site, 1))
  })
})
