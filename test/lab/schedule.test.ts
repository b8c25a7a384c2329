import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Cluster, ClusterSchema, RunSchema } from '@drover/protocol'
import type { JournalRecord } from '@drover/agent'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { journalsOf, killAgent, moment, type JournalOf } from './drover/moments.ts'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const SPEC = `cluster: home
k3s: { version: VERSION }
servers: { select: { role: server } }
network: { node: 10.0.0.0/24 }
snapshots: { schedule: "* * * * *", keep: 2 }
`
const MINUTES = { limitMs: 280_000, everyMs: 50 }

const endOf = ({ records }: JournalOf): JournalRecord | undefined => records.find(({ type }) => type === 'DONE' || type === 'FAILED')
const ends = (all: readonly JournalOf[]): readonly (string | undefined)[] => all.map((one) => endOf(one)?.type)

describe.skipIf(skipOrFail())('a schedule on a real host', () => {
  let site: Site
  let one: Host
  let spec = ''
  let began = 0

  beforeAll(async () => {
    site = await openSite({ name: 'schedule', hosts: { one: 'server' } })
    one = site.lab.host('one')
    spec = site.spec('home', SPEC)
    began = Date.now()
    await site.must(['apply', '-f', spec, '--yes', '--wait'], { timeoutMs: 280_000 })
  })
  afterAll(() => site.close())

  const takes = (since: number): readonly JournalOf[] => journalsOf(one, since).filter(({ kind }) => kind === 'snapshot.take')
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
    await until('three firings', () => (ends(takes(since)).filter((end) => end !== undefined).length >= 3 ? true : null), MINUTES)
    const three = takes(since).slice(0, 3)
    expect(ends(three)).toEqual(['DONE', 'DONE', 'DONE'])
    const made = three.map((one) => endOf(one)).flatMap((end) => (end?.type === 'DONE' ? [end.result as { name: string; grade: string }] : []))
    expect(new Set(made.map(({ name }) => name)).size).toBe(3)
    expect(made.map(({ grade }) => grade)).toEqual(['consistent', 'consistent', 'consistent'])
    // The third took the place of the first: two good ones stay.
    await until('what is too old to go', () => (names().length === 2 ? true : null))
    expect(names()).toContain(made[2]?.name)
  })

  test('is told when the coordinator is back', async () => {
    await site.startCoordinator()
    await until('every end to be taken', () => (journalsOf(one, began).every(({ records }) => records.some(({ type }) => type === 'ACKED' || type === 'RECEIVED')) ? true : null))
    const [schedule] = await until('the facts', async () => ((await shown())[0]?.lastAt === null ? null : shown()))
    expect(schedule?.lastAt).toBeGreaterThan(began)
    expect((schedule?.nextAt ?? 0) - (schedule?.lastAt ?? 0)).toBeGreaterThan(0)
  })

  test('goes on with a firing in whose middle the agent was killed', async () => {
    const since = Date.now()
    await moment({ host: one, kind: 'snapshot.take', type: 'FIRED', since })
    expect(killAgent(site.lab.name, one, 'run')).toBeGreaterThan(0)
    const [first] = await until('its end', () => (endOf(takes(since)[0] ?? { kind: '', attempt: 1, at: 0, records: [] }) === undefined ? null : takes(since)), MINUTES)
    expect(first === undefined ? [] : ends([first])).toEqual(['DONE'])
    expect(first?.records.filter(({ type }) => type === 'FIRED')).toHaveLength(1)
  })

  test('is whole after a power cut in the middle of a firing: nothing torn, nothing twice, and the next is good', async () => {
    const since = Date.now()
    await moment({ host: one, kind: 'snapshot.take', type: 'APPLYING', since })
    await one.powerCut()
    await one.boot()
    await until('the cut one and the next', () => (ends(takes(since)).filter((end) => end !== undefined).length >= 2 ? true : null), MINUTES)
    const [cut, next] = takes(since)
    expect(cut?.records.filter(({ type }) => type === 'FIRED')).toHaveLength(1)
    expect(next === undefined ? [] : ends([next])).toEqual(['DONE'])
    const [end] = [next === undefined ? undefined : endOf(next)]
    expect(end?.type === 'DONE' ? end.result : null).toMatchObject({ grade: 'consistent' })
    for (const name of names()) expect(await one.must(`ls /var/lib/drover/snapshots/${name}`)).toBe('meta.json\nstate.db\n')
  })

  test('waits for an order that is carried out', async () => {
    if (!site.k3s.isReal) await one.writeFile('/etc/k3s-double.json', JSON.stringify({ apiMs: 70_000 }))
    const since = Date.now()
    const changed = site.spec('changed', `${SPEC}options: { disable: [traefik] }\n`)
    const applied = site.drover(['apply', '-f', changed, '--yes', '--wait'], { timeoutMs: 280_000 })
    const start = (): JournalOf | undefined => journalsOf(one, since).find(({ kind }) => kind === 'k3s.start')
    await moment({ host: one, kind: 'k3s.start', type: 'APPLYING', since })
    const fired = await moment({ host: one, kind: 'snapshot.take', type: 'FIRED', since })
    const running = start()
    if (running !== undefined && endOf(running) === undefined) expect(fired.records.map(({ type }) => type)).toEqual(['FIRED'])
    expect(site.k3s.isReal || (running !== undefined && endOf(running) === undefined)).toBe(true)
    expect((await applied).code).toBe(0)
    await until('the firing', () => (ends(takes(since)).includes('DONE') ? true : null), MINUTES)
  })

  test('goes with the cluster', async () => {
    await site.must(['delete', 'cluster', 'home', '--confirm', 'home', '--wait'], { timeoutMs: 200_000 })
    expect(await one.must('ls /var/lib/drover')).not.toContain('schedules')
  })
})
