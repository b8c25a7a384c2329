import { EtcdShownSchema, RunSchema } from '@drover/protocol'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { outputOf } from './command.ts'
import { cutBetween, type Way } from './drover/cut-between.ts'
import { ledgerOf } from './drover/ledger-of.ts'
import { membersOn, votersOn } from './drover/members-on.ts'
import { moment } from './drover/moments.ts'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const specOf = (servers: string): string => `cluster: parted\nk3s: { version: VERSION, origin: cache }\ndatastore: etcd\nservers: { names: [${servers}] }\n`

const LEDGER = '/var/lib/k3s-double/ledger.jsonl'
/** How long nothing passes: long enough for every connection to be missed. */
const CUT_MS = 20_000
const LIMIT = { limitMs: 240_000, everyMs: 50 } as const

/** How far a join has come: its k3s is told to start; it is a member that does not vote; it votes, and is not yet done. */
const PLACES = ['a quarter', 'half', 'three quarters'] as const
type Place = (typeof PLACES)[number]
type From = 'the cluster' | 'the coordinator'

const CASES: readonly [Place, From, Way][] = PLACES.flatMap((place) =>
  (['the cluster', 'the coordinator'] as const).flatMap((from) => (['in', 'out', 'both'] as const).map((way): [Place, From, Way] => [place, from, way])),
)

describe.skipIf(skipOrFail())('a joiner that is cut off', () => {
  let site: Site
  const host = (name: string): Host => site.lab.host(name)
  const apply = async (servers: string): Promise<string> => outputOf(['drover apply'], await site.drover(['apply', '-f', site.spec('parted', specOf(servers)), '--yes', '--wait'], { timeoutMs: 400_000 }))

  /** A member that is not one of the first two, as the first one's etcd tells of it. */
  const joiner = async () => (await membersOn(host('one')).catch(() => [])).find(({ node }) => node === 'three')

  const reach = async (place: Place, since: number): Promise<void> => {
    if (place === 'a quarter') await moment({ host: host('three'), kind: 'k3s.start', type: 'APPLYING', since, ...LIMIT })
    else await until(place, async () => {
      const member = await joiner()
      return member !== undefined && (place === 'half' || !member.isLearner) ? true : null
    }, LIMIT)
  }

  beforeAll(async () => {
    site = await openSite({ name: 'ha-parted', hosts: { one: 'server', two: 'server', three: 'server' } })
    await apply('one, two')
  }, 400_000)
  afterAll(() => site.close())
  beforeEach(() => host('three').must(`rm -f ${LEDGER}`))
  afterEach(() => apply('one, two'), 400_000)

  test.each(CASES)('at %s of its join, from %s (%s)', async (place, from, way) => {
    const since = Date.now()
    const applied = apply('one, two, three')
    applied.catch(() => undefined) // awaited below, after the cut
    await reach(place, since)
    const others = from === 'the coordinator' ? [site.lab.admin.address] : [host('one').address, host('two').address]
    const heal = await cutBetween(site, { one: host('three').address, others, way })
    const seen = await crowd(host('one'), CUT_MS)
    await heal()
    await applied
    expect((await list(site, 'runs', RunSchema))[0]?.state).toBe('done')
    for (const name of ['one', 'two', 'three']) expect(await votersOn(host(name))).toEqual(['one', 'three', 'two'])
    // never more than one member that does not vote, and never two that come at once
    expect(Math.max(...seen.map(({ learners }) => learners))).toBeLessThanOrEqual(1)
    expect(Math.max(...seen.map(({ members }) => members))).toBeLessThanOrEqual(3)
    const etcd = await until('three healthy voters', async () => {
      const shown = EtcdShownSchema.parse(JSON.parse(await site.must(['get', 'members', 'parted', '-o', 'json'])))
      return shown.healthy === 3 ? shown : null
    })
    expect(etcd).toMatchObject({ voters: 3, tolerates: 1 })
    // only the stand-in keeps a ledger
    expect(ledgerOf(host('three')).filter(({ event }) => event === 'member-added')).toHaveLength(site.k3s.isReal ? 0 : 1)
  }, 600_000)
})

/** What one server's etcd lists for so long, once in half a second. */
const crowd = async (server: Host, forMs: number): Promise<readonly { readonly members: number; readonly learners: number }[]> => {
  const end = Date.now() + forMs
  const seen: { members: number; learners: number }[] = []
  await until('the end of the cut', async () => {
    const members = await membersOn(server).catch(() => [])
    if (members.length > 0) seen.push({ members: members.length, learners: members.filter(({ isLearner }) => isLearner).length })
    return Date.now() >= end ? true : null
  }, { limitMs: forMs + 30_000, everyMs: 500 })
  return seen
}
