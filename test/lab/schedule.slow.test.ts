import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outputOf } from './command.ts'
import { endOf, endsOf, EVERY_MINUTE, MINUTES, resultsOf, takesOf } from './drover/firings.ts'
import { journalsOf, killAgent, moment } from './drover/moments.ts'
import { openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

describe.skipIf(skipOrFail())('a firing that is disturbed', () => {
  let site: Site
  let one: Host

  beforeAll(async () => {
    site = await openSite({ name: 'firings', hosts: { one: 'server' } })
    one = site.lab.host('one')
    await site.must(['apply', '-f', site.spec('home', EVERY_MINUTE), '--yes', '--wait'], { timeoutMs: 280_000 })
  })
  afterAll(() => site.close())

  const ended = (since: number, count: number): Promise<true> => until(`${String(count)} firings`, () => (endsOf(takesOf(one, since)).length >= count ? true : null), MINUTES)

  test.each([
    ['agent', 'FIRED', 'run'],
    ['agent', 'DONE', 'run'],
    ['child', 'CHECKED', 'run-step'],
  ] as const)('by a kill of the %s at %s ends once and well', async (_name, type, victim) => {
    const since = Date.now()
    await moment({ host: one, kind: 'snapshot.take', type, since })
    killAgent(site.lab.name, one, victim)
    await ended(since, 2)
    const two = takesOf(one, since).slice(0, 2)
    expect(endsOf(two)).toEqual(['DONE', 'DONE'])
    expect(new Set(resultsOf(two).map(({ name }) => name)).size).toBe(2)
    for (const { records } of two) expect(records.filter((record) => record.type === 'FIRED' || record.type === 'DONE')).toHaveLength(2)
  })

  test('by a power cut is whole: nothing torn, nothing twice, and the next is good', async () => {
    const since = Date.now()
    await moment({ host: one, kind: 'snapshot.take', type: 'APPLYING', since })
    await one.powerCut()
    await one.boot()
    await ended(since, 2)
    const [cut, next] = takesOf(one, since)
    expect(cut?.records.filter(({ type }) => type === 'FIRED')).toHaveLength(1)
    expect(next === undefined ? [] : resultsOf([next])).toMatchObject([{ grade: 'consistent' }])
    for (const name of readdirSync(join(one.root, 'var/lib/drover/snapshots'))) expect(await one.must(`ls /var/lib/drover/snapshots/${name}`)).toBe('meta.json\nstate.db\n')
  })

  test('by an order waits for it, and is good then', async () => {
    if (!site.k3s.isReal) await one.writeFile('/etc/k3s-double.json', JSON.stringify({ apiMs: 65_000 }))
    const began = Date.now()
    const applied = site.drover(['apply', '-f', site.spec('changed', `${EVERY_MINUTE}options: { disable: [traefik] }\n`), '--yes', '--wait'], { timeoutMs: 280_000 })
    await moment({ host: one, kind: 'k3s.start', type: 'APPLYING', since: began })
    const since = Date.now()
    const isStarting = (): boolean => journalsOf(one, began).some((journal) => journal.kind === 'k3s.start' && endOf(journal) === undefined)
    const early: string[] = []
    await until('the start', () => {
      const begun = takesOf(one, since).filter(({ records }) => records.length > 1)
      if (!isStarting()) return true
      early.push(...begun.map(({ kind }) => kind))
      return null
    }, MINUTES)
    expect(early).toEqual([])
    outputOf(['drover apply'], await applied)
    await ended(since, 1)
    expect(resultsOf(takesOf(one, since).slice(0, 1))).toMatchObject([{ grade: 'consistent' }])
  })
})
