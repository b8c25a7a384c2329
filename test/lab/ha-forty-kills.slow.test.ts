import { SnapshotShownSchema } from '@drover/protocol'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Accident } from './drover/faults-of-run.ts'
import { list, openSite, type Site } from './drover/site.ts'
import { endOf, forgetLedgers, type Parts, partsOf, runAmid, sameEnd, SERVERS, threeByName } from './drover/three-under-fire.ts'
import { skipOrFail } from './skip-or-fail.ts'

const LONG = { timeoutMs: 290_000 }

type Fire = (parts: Parts) => readonly Accident[]

const BRING_UPS: readonly (readonly [string, Fire])[] = [
  ['before anything runs', ({ seed, second, third, worker }) => [
    { host: seed, kind: 'binary.install', type: 'RECEIVED', victim: 'agent' },
    { host: second, kind: 'binary.install', type: 'CHECKED', victim: 'step' },
    { host: worker, kind: 'binary.install', type: 'APPLIED', victim: 'power' },
    { host: third, kind: 'k3s.config', type: 'RECEIVED', victim: 'power' },
    { host: worker, kind: 'k3s.config', type: 'APPLYING', victim: 'agent' },
    { host: seed, kind: 'k3s.config', type: 'DONE', victim: 'coordinator' },
  ]],
  ['around the first start', ({ seed, second, worker }) => [
    { host: seed, kind: 'k3s.start', type: 'RECEIVED', victim: 'agent' },
    { host: seed, kind: 'k3s.start', type: 'CHECKED', victim: 'coordinator' },
    { host: seed, kind: 'k3s.start', type: 'APPLIED', victim: 'step' },
    { host: worker, kind: 'k3s.start', type: 'RECEIVED', victim: 'coordinator' },
    { host: worker, kind: 'k3s.start', type: 'APPLYING', victim: 'step' },
    { host: second, kind: 'k3s.start', type: 'CHECKED', victim: 'power' },
  ]],
  ['around the joins', ({ seed, second, third }) => [
    { host: second, kind: 'k3s.start', type: 'CHECKED', victim: 'agent' },
    { host: seed, kind: 'etcd.promote', type: 'RECEIVED', victim: 'coordinator' },
    { host: seed, kind: 'etcd.promote', type: 'APPLYING', victim: 'step' },
    { host: second, kind: 'k3s.start', type: 'APPLIED', victim: 'k3s' },
    { host: third, kind: 'k3s.start', type: 'RECEIVED', victim: 'power' },
    { host: third, kind: 'k3s.start', type: 'APPLIED', victim: 'step' },
  ]],
]

const PROMOTIONS: readonly (readonly [string, Fire])[] = [
  ['until etcd has the objects', ({ seed, second }) => [
    { host: seed, kind: 'snapshot.take', type: 'APPLYING', victim: 'step' },
    { host: seed, kind: 'k3s.to-etcd', type: 'RECEIVED', victim: 'agent' },
    { host: seed, kind: 'k3s.to-etcd', type: 'CHECKED', victim: 'coordinator' },
    { host: seed, kind: 'k3s.to-etcd', type: 'APPLYING', victim: 'power' },
    { host: seed, kind: 'k3s.to-etcd', type: 'APPLIED', victim: 'agent' },
    { host: second, kind: 'k3s.start', type: 'RECEIVED', victim: 'coordinator' },
  ]],
  ['and until there are three', ({ seed, second, third }) => [
    { host: seed, kind: 'snapshot.take', type: 'DONE', victim: 'power' },
    { host: seed, kind: 'k3s.to-etcd', type: 'APPLYING', victim: 'step' },
    { host: seed, kind: 'k3s.to-etcd', type: 'DONE', victim: 'power' },
    { host: second, kind: 'k3s.start', type: 'APPLYING', victim: 'power' },
    { host: seed, kind: 'etcd.promote', type: 'DONE', victim: 'coordinator' },
    { host: third, kind: 'k3s.start', type: 'APPLYING', victim: 'agent' },
  ]],
]

const RESTORES: readonly (readonly [string, Fire])[] = [
  ['on the peers, and as it begins', ({ seed, second, third }) => [
    { host: second, kind: 'k3s.set-aside', type: 'RECEIVED', victim: 'agent' },
    { host: third, kind: 'k3s.set-aside', type: 'APPLYING', victim: 'power' },
    { host: seed, kind: 'k3s.restore', type: 'CHECKED', victim: 'coordinator' },
    { host: seed, kind: 'k3s.restore', type: 'APPLYING', victim: 'step' },
    { host: second, kind: 'k3s.start', type: 'APPLYING', victim: 'agent' },
  ]],
  ['in its middle, and as the peers come back', ({ seed, second }) => [
    { host: seed, kind: 'k3s.restore', type: 'RECEIVED', victim: 'coordinator' },
    { host: seed, kind: 'k3s.restore', type: 'APPLYING', victim: 'power' },
    { host: seed, kind: 'k3s.restore', type: 'DONE', victim: 'agent' },
    { host: second, kind: 'k3s.start', type: 'RECEIVED', victim: 'power' },
    { host: seed, kind: 'etcd.promote', type: 'APPLYING', victim: 'coordinator' },
  ]],
]

describe.skipIf(skipOrFail())('forty deaths', () => {
  let site: Site
  let three = ''
  let alone = ''

  beforeAll(async () => {
    site = await openSite({ name: 'ha-forty', hosts: { one: 'server', two: 'server', three: 'server', four: 'worker' } })
    three = site.spec('three', threeByName(SERVERS))
    alone = site.spec('alone', threeByName(['one']))
  })
  afterAll(() => site.close())
  beforeEach(() => forgetLedgers(site))
  afterEach(async () => {
    await site.must(['delete', 'cluster', 'ha-three', '--confirm', 'ha-three', '--wait'], LONG)
  })

  /** Whoever has the newest snapshot goes on with it; the others join. */
  const partsOfRestore = async (): Promise<Parts> => {
    const [newest] = (await list(site, 'snapshots', SnapshotShownSchema)).filter(({ name, host }) => name.startsWith('manual-') && SERVERS.some((server) => server === host)).toSorted((a, b) => b.at - a.at)
    const [second = '', third = ''] = SERVERS.filter((name) => name !== newest?.host)
    return { seed: site.lab.host(newest?.host ?? ''), second: site.lab.host(second), third: site.lab.host(third), worker: site.lab.host('four') }
  }
  const apply = (spec: string): readonly string[] => ['apply', '-f', spec, '--yes', '--wait']

  test.each(BRING_UPS)('six in a bring-up: %s', async (_when, fire) => {
    expect(await runAmid(site, apply(three), fire(await partsOf(site, three)))).toBe('done')
    expect(await endOf(site, 'ha-three', three)).toEqual(sameEnd(site, 1))
  })

  test.each(PROMOTIONS)('six while a cluster goes from SQLite to three servers: %s', async (_when, fire) => {
    await site.must(apply(alone), LONG)
    await forgetLedgers(site)
    expect(await runAmid(site, apply(three), fire(await partsOf(site, three)))).toBe('done')
    // The one etcd that k3s makes of its SQLite.
    expect(await endOf(site, 'ha-three', three)).toEqual(sameEnd(site, 1))
  })

  test.each(RESTORES)('five in a restore: %s', async (_when, fire) => {
    await site.must(apply(three), LONG)
    await site.must(['snapshot', 'now', 'ha-three'], LONG)
    const parts = await partsOfRestore()
    await forgetLedgers(site)
    expect(await runAmid(site, ['restore', 'ha-three', '--latest', '--confirm', 'ha-three'], fire(parts))).toBe('done')
    expect(await endOf(site, 'ha-three', three)).toEqual(sameEnd(site, 0))
  })
})
