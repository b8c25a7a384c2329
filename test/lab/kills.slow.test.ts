import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunSchema } from '@drover/protocol'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ExecResult, outputOf } from './command.ts'
import { countsOf, ledgerOf } from './drover/ledger-of.ts'
import { journalsOf, killAgent, moment, type Moment, runsK3s, type Victim } from './drover/moments.ts'
import { list, openSite, type Site } from './drover/site.ts'
import type { Host } from './host.ts'
import { skipOrFail } from './skip-or-fail.ts'
import { until } from './until.ts'

const example = fileURLToPath(new URL('../../deploy/examples/small.yaml', import.meta.url))
const LEDGER = '/var/lib/k3s-double/ledger.jsonl'
const SETTINGS = '/etc/k3s-double.json'
const DATABASE = 'var/lib/rancher/k3s/server/db/state.db'
const STARTED_ONCE = [{ initialised: 1, start: 1, wiped: 0 }, { initialised: 0, start: 1, wiped: 0 }]
const STEPS = ['binary.install', 'k3s.config', 'k3s.start'] as const
/** Only a server keeps a schedule. */
const STEPS_OF = { one: [...STEPS, 'schedule.set'], two: STEPS } as const

// only the stand-in keeps a ledger and can be turned; a real k3s must end as well, with every step done once
describe.skipIf(skipOrFail())('whatever is killed in a bring-up, it ends the same', () => {
  let site: Site
  let one: Host
  let two: Host
  let since = 0
  let spec = ''

  beforeAll(async () => {
    site = await openSite({ name: 'kills', hosts: { one: 'server', two: 'worker' } })
    one = site.lab.host('one')
    two = site.lab.host('two')
    spec = site.spec('small', readFileSync(example, 'utf8').replace('v1.36.2+k3s1', 'VERSION'))
  })
  afterAll(async () => {
    await site.close()
  })
  beforeEach(async () => {
    for (const host of [one, two]) await host.must(`rm -f ${LEDGER}`)
    await settings({ apiMs: 2500 })
    since = Date.now()
  })
  afterEach(async () => {
    await site.must(['delete', 'cluster', 'home', '--confirm', 'home', '--wait'], { timeoutMs: 200_000 })
  })

  const settings = (turned: Readonly<Record<string, unknown>>): Promise<void> => one.writeFile(SETTINGS, JSON.stringify(turned))
  const apply = (): Promise<ExecResult> => site.drover(['apply', '-f', spec, '--yes', '--wait'], { timeoutMs: 280_000 })
  const when = (host: Host, kind: Moment['kind'], type: Moment['type']): ReturnType<typeof moment> => moment({ host, kind, type, since })
  const kill = (host: Host, victim: Victim): void => {
    if (killAgent(site.lab.name, host, victim) === 0) throw new Error(`there was no ${victim} on ${host.name} to kill`)
  }
  const hasBegun = (host: Host): boolean => (site.k3s.isReal ? runsK3s(site.lab.name, host) : ledgerOf(host).some((line) => line.event === 'start'))
  const starting = (host: Host): Promise<true> => until(`k3s to begin on ${host.name}`, () => (hasBegun(host) ? true : null), { everyMs: 3, limitMs: 120_000 })
  /** What the ledgers say of each host's starts; a real k3s keeps none. */
  const starts = (): ReturnType<typeof countsOf>[] | 'no ledger' => (site.k3s.isReal ? 'no ledger' : [countsOf(one), countsOf(two)])

  /** The same cluster as ever: one initialisation, every step ended once and well, both nodes Ready. */
  const sameEnd = async (applied: ExecResult): Promise<void> => {
    outputOf(['drover apply'], applied)
    const [run] = await list(site, 'runs', RunSchema)
    expect(run?.state).toBe('done')
    expect(run?.orders.map((order) => `${order.kind} ${order.host} ${String(order.attempt)} ${order.state}`).toSorted()).toEqual(Object.entries(STEPS_OF).flatMap(([host, kinds]) => kinds.map((kind) => `${kind} ${host} 1 done`)).toSorted())
    if (!site.k3s.isReal) expect([countsOf(one).initialised, countsOf(two).initialised]).toEqual([1, 0])
    for (const [host, kinds] of [[one, STEPS_OF.one], [two, STEPS_OF.two]] as const) {
      const mine = journalsOf(host, since).filter(({ kind }) => kind !== 'kubeconfig.read')
      expect(mine.map(({ kind, records }) => `${kind} ${String(records.filter(({ type }) => type === 'DONE').length)}`)).toEqual(kinds.map((kind) => `${kind} 1`))
    }
    const kubeconfig = join(site.place, 'home.yaml')
    writeFileSync(kubeconfig, await site.must(['kubeconfig', 'home']), { mode: 0o600 })
    expect((await site.kubectl(kubeconfig, 'get', 'nodes')).match(/^(?:one|two) +Ready/gm)).toHaveLength(2)
    expect((await site.drover(['apply', '-f', spec])).stdout).toContain('Nothing to do')
  }

  test('the agent dies four times: at an arrival, in a change, in a start, at an end', async () => {
    const applied = apply()
    await when(one, 'binary.install', 'RECEIVED')
    kill(one, 'run')
    await when(two, 'k3s.config', 'APPLYING')
    kill(two, 'run')
    await starting(one)
    kill(one, 'run')
    await when(two, 'k3s.start', 'DONE')
    kill(two, 'run')
    await sameEnd(await applied)
    expect(['no ledger', STARTED_ONCE]).toContainEqual(starts())
  })

  test('the child of a step dies in each kind of step, twice in the start of the server', async () => {
    const applied = apply()
    await when(one, 'binary.install', 'RECEIVED')
    await until('the first child', () => (killAgent(site.lab.name, one, 'run-step') > 0 ? true : null), { everyMs: 3 })
    await when(two, 'k3s.config', 'APPLYING')
    killAgent(site.lab.name, two, 'run-step')
    const { records } = await when(one, 'k3s.start', 'APPLYING')
    expect(records.map(({ type }) => type)).toEqual(['RECEIVED', 'CHECKED', 'APPLYING'])
    kill(one, 'run-step')
    await starting(one)
    await until('the next child', () => (killAgent(site.lab.name, one, 'run-step') > 0 ? true : null), { everyMs: 3 })
    await sameEnd(await applied)
    expect(['no ledger', STARTED_ONCE]).toContainEqual(starts())
    const start = journalsOf(one, since).find(({ kind }) => kind === 'k3s.start')
    expect(start?.records.filter(({ type }) => type === 'CHECKED').length).toBeGreaterThan(1)
    expect(start?.records.at(-1)?.type === 'ACKED' ? start.records.at(-2) : start?.records.at(-1)).toMatchObject({ type: 'DONE', recovered: true })
  })

  test('the coordinator dies after the approval and at an end that it has not acknowledged', async () => {
    const applied = apply()
    await when(one, 'binary.install', 'RECEIVED')
    await again()
    await when(two, 'k3s.config', 'DONE')
    await again()
    await sameEnd(await applied)
    expect(['no ledger', STARTED_ONCE]).toContainEqual(starts())
  })

  test('the coordinator is away in the middle of the run: the step ends, k3s goes on, and so does the run when it is back', async () => {
    const applied = apply()
    await starting(one)
    await site.killCoordinator()
    await when(one, 'k3s.start', 'DONE')
    await until('the agent to notice', async () => ((await one.must('cat /run/drover/agent-state.json')).includes('"connecting"') ? true : null))
    expect(await one.must('systemctl is-active k3s')).toBe('active\n')
    await site.startCoordinator()
    const ended = await applied
    expect(ended.stderr).toContain('the hosts go on, asked again every second')
    await sameEnd(ended)
    expect(['no ledger', STARTED_ONCE]).toContainEqual(starts())
  })

  test('the power of the server fails in the middle of its first start: it is cured and initialises once', async () => {
    await settings({ apiMs: 500, firstStart: 'etcd', dieAt: 'before-bootstrap-save' })
    const applied = apply()
    const isCut = (): boolean => (site.k3s.isReal ? existsSync(join(one.root, DATABASE)) : ledgerOf(one).some((line) => line.event === 'died'))
    await until('the database to be begun', () => (isCut() ? true : null), { everyMs: 3, limitMs: 120_000 })
    await one.powerCut()
    await one.boot()
    await sameEnd(await applied)
    const start = journalsOf(one, since).find(({ kind }) => kind === 'k3s.start')
    expect(start?.records.find(({ type }) => type === 'DONE')).toMatchObject({ recovered: true })
    if (site.k3s.isReal) return // on SQLite it gets over the cut by itself
    expect(start?.records.find(({ type }) => type === 'DONE')).toMatchObject({ result: { cured: true } })
    expect(ledgerOf(one).filter(({ event }) => event === 'ready')).toHaveLength(1)
    expect(await one.must('cat /proc/sys/kernel/random/boot_id; ls /var/lib/rancher/k3s/server')).toMatch(/db\.aside-ord-/)
  })

  const again = async (): Promise<void> => {
    await site.killCoordinator()
    await site.startCoordinator()
  }
})
