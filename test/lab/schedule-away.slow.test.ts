import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, ClusterSchema, RunSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endsOf, EVERY_MINUTE, MINUTES, resultsOf, takesOf } from './drover/firings.ts'
import { journalsOf } from './drover/moments.ts'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

// What kills and power cuts leave of a firing is in the slow lane: a schedule fires once a minute at most.
describe.skipIf(skipOrFail())('a schedule on a real host', () => {
  let site: Site
  let one: Host
  let began = 0

  beforeAll(async () => {
    site = await openSite({ name: 'schedule', hosts: { one: 'server' } })
    one = site.lab.host('one')
    began = Date.now()
    await site.must(['apply', '-f', site.spec('home', EVERY_MINUTE), '--yes', '--wait'], { timeoutMs: 280_000 })
  })
  afterAll(() => site.close())

  const names = (): readonly string[] => readdirSync(join(one.root, 'var/lib/drover/snapshots'))
  const shown = async (): Promise<Cluster['schedules']> => ClusterSchema.parse(JSON.parse(await site.must(['describe', 'cluster', 'home', '-o', 'json']))).schedules

  test('is set with the cluster, and told', async () => {
    const [run] = await list(site, 'runs', RunSchema)
    expect(run?.orders.map(({ kind, state }) => `${kind} ${state}`)).toContain('schedule.set done')
    const [schedule] = await until('the facts', async () => ((await shown()).length > 0 ? shown() : null))
    expect(schedule).toMatchObject({ host: 'one', name: 'snapshot', cron: '* * * * *', timeZone: 'UTC', keep: 2 })
    expect(await site.must(['describe', 'cluster', 'home'])).toMatch(/Schedules\n.*\n +one +snapshot +\* \* \* \* \* UTC/)
  })

  test('goes on while the coordinator is away: three firings, three snapshots, each once', async () => {
    await site.killCoordinator()
    const since = Date.now()
    await until('three firings', () => (endsOf(takesOf(one, since)).length >= 3 ? true : null), MINUTES)
    const three = takesOf(one, since).slice(0, 3)
    expect(endsOf(three)).toEqual(['DONE', 'DONE', 'DONE'])
    const made = resultsOf(three)
    expect(new Set(made.map(({ name }) => name)).size).toBe(3)
    expect(made.map(({ grade }) => grade)).toEqual(['consistent', 'consistent', 'consistent'])
    // The third took the place of the first: two good ones stay.
    await until('what is too old to go', () => (names().length === 2 ? true : null))
    expect(names()).toContain(made[2]?.name)
  })

  test('is told when the coordinator is back', async () => {
    await site.startCoordinator()
    const known = (): boolean => journalsOf(one, began).filter(({ records }) => records[0]?.type === 'FIRED').slice(0, 3).every(({ records }) => records.some(({ type }) => type === 'ACKED'))
    await until('the ends to be taken', () => (known() ? true : null))
    const [schedule] = await until('the facts', async () => ((await shown())[0]?.lastAt === null ? null : shown()))
    expect(schedule?.lastAt).toBeGreaterThan(began)
    expect((schedule?.nextAt ?? 0) - (schedule?.lastAt ?? 0)).toBeGreaterThan(0)
  })

  test('goes with the cluster', async () => {
    await site.must(['delete', 'cluster', 'home', '--confirm', 'home', '--wait'], { timeoutMs: 200_000 })
    expect(await one.must('ls /var/lib/drover')).not.toContain('schedules')
  })
})
