import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { DROVER, type Firing, type OrderReport, OrderIdSchema, type Schedule, wallClockOf } from '@drover/protocol'
import { dropRoot, HOST, hostOf, newRoot } from '@drover/test/contracts/step/step-case.ts'
import { changeWorld, unitOf } from '@drover/test/kit/fake-host/world.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Due, due } from '../core/schedule/due.ts'
import type { Tried } from '../core/schedule/retry.ts'
import { readFired, writeFired } from './fired-file.ts'
import { readSchedules, renderSchedules } from './schedule-file.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'

const SIX: Schedule = { name: 'six', cron: '0 */6 * * *', timeZone: 'UTC', jitterS: 0, kind: 'snapshot.take', params: { datastore: 'sqlite' }, keep: 2 }
const at = (text: string): number => Date.parse(`2026-11-${text}:00Z`)

type Held = { root: string; now: number; asked: number; fired: string[]; troubles: string[]; fails: boolean; tried: Record<string, Tried>; read: number }
const held: { now: Held | null; scheduler: Scheduler | null } = { now: null, scheduler: null }
const current = (): Held => {
  if (held.now === null) throw new Error('no test runs')
  return held.now
}

/** What the child does, in this process. */
const askOf = (of: Held) => async (): Promise<Due> => {
  of.asked += 1
  const file = await readSchedules(hostOf(of.root))
  if (file === null || file === 'damaged') throw new Error('damaged')
  return due({ ...file, fired: await readFired(hostOf(of.root)), now: of.now, host: HOST, clockOf: wallClockOf })
}

const fireOf = (of: Held) => async ({ what, schedule, at: planned }: Firing): Promise<void> => {
  if (of.fails) throw new Error('ENOSPC')
  const name = `${what} ${schedule} ${new Date(planned).toISOString().slice(5, 16)}`
  of.fired.push(name)
  of.tried[name] = { attempts: (of.tried[name]?.attempts ?? 0) + 1, failed: false }
}

const triedOf = (of: Held) => ({ what, schedule, at: planned }: Firing): Tried | null => {
  of.read += 1
  return of.tried[`${what} ${schedule} ${new Date(planned).toISOString().slice(5, 16)}`] ?? null
}

const scheduler = (): Scheduler => {
  if (held.scheduler === null) throw new Error('no test runs')
  return held.scheduler
}
const file = (name: string): string => `${current().root}${name}`
const schedules = (change: Partial<Schedule> = {}, cluster = 'home'): void =>
  writeFileSync(file(DROVER.schedules), renderSchedules({ cluster: cluster as never, since: at('20T00:30'), schedules: [{ ...SIX, ...change }] }))

const startAnew = (mine: Held): void => {
  held.scheduler = createScheduler({ host: hostOf(mine.root), ask: askOf(mine), fire: fireOf(mine), tried: triedOf(mine), now: () => mine.now, onTrouble: (text) => mine.troubles.push(text), lookEveryMs: 5 })
}

/** One that was stopped may still be at it: each has a world of its own. */
const createHeld = (): void => {
  const root = newRoot()
  const mine: Held = { root, now: at('21T13:00'), asked: 0, fired: [], troubles: [], fails: false, tried: {}, read: 0 }
  held.now = mine
  startAnew(mine)
  writeFileSync(file(DROVER.claim), `{"cluster":"home","incarnation":1,"seed":"${HOST}"}`)
}

const NOON = 'sched six 11-21T12:00'
const NOON_ORDER = OrderIdSchema.parse('sched-six-20261121t1200z')

/** The last try of the firing at noon has failed. */
const noonFails = (): void => {
  current().tried[NOON] = { attempts: current().tried[NOON]?.attempts ?? 1, failed: true }
  scheduler().ended({ order: NOON_ORDER, attempt: 1, state: 'failed', code: 'step.space', message: '', evidence: '', undone: 'undone', elapsedMs: 1 })
}

const putSnapshot = (name: string, grade = 'consistent'): void => {
  for (const folder of ['/etc/rancher/k3s', `/var/lib/drover/snapshots/${name}`]) mkdirSync(file(folder), { recursive: true })
  writeFileSync(file('/etc/rancher/k3s/drover-server-token'), 'token')
  const token = createHash('sha256').update('token').digest('hex').slice(0, 12)
  const meta = { name, cluster: 'home', incarnation: 1, datastore: 'sqlite', at: 1, bytes: 1, sha256: 'a'.repeat(64), grade, objects: 1, version: 'v1.36.2+k3s1', token }
  writeFileSync(file(`/var/lib/drover/snapshots/${name}/meta.json`), JSON.stringify(meta))
}

const k3sIs = (active: 'inactive' | 'active'): void => {
  mkdirSync(file('/etc/systemd/system'), { recursive: true })
  writeFileSync(file('/etc/systemd/system/k3s.service'), '')
  changeWorld(current().root, (world) => Object.assign(unitOf(world, 'k3s'), { active, enabled: true, read: '' }))
}

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 2 })
const noted = (): Promise<Readonly<Record<string, number>>> => readFired(hostOf(current().root))

beforeEach(createHeld)
afterEach(() => {
  scheduler().stop()
  dropRoot(current().root)
})

describe('a scheduler', () => {
  it('fires what is due once, notes it, and goes on at the next planned time', async () => {
    schedules()
    scheduler().start()
    await eventually(() => expect(readFileSync(file(DROVER.fired), 'utf8')).toBe(`{"six":${String(at('21T12:00'))}}\n`))
    current().now = at('21T18:00')
    await eventually(() => expect(current().fired).toHaveLength(2))
    expect(current().fired).toEqual(['sched six 11-21T12:00', 'sched six 11-21T18:00'])
  })

  it('asks nobody while the file and the clock are as they were', async () => {
    schedules()
    scheduler().start()
    await eventually(() => expect(current().fired).toHaveLength(1))
    const { asked } = current()
    for (const minute of [5, 10, 15]) {
      current().now = at(`21T13:${String(minute).padStart(2, '0')}`)
      scheduler().ended({ order: OrderIdSchema.parse('ord-aaaaaaaaaaaaaaaa'), attempt: 1, state: 'done', result: {}, recovered: false, elapsedMs: 1 })
    }
    current().now = at('21T18:00')
    await eventually(() => expect(current().fired).toHaveLength(2))
    expect(current().asked).toBe(asked + 1)
  })

  it('sees schedules that come, change and go', async () => {
    scheduler().start()
    schedules({ cron: '30 12 * * *' })
    await eventually(() => expect(current().fired).toEqual(['sched six 11-21T12:30']))
    schedules({ cron: '45 12 * * *' })
    utimesSync(file(DROVER.schedules), 1, 1)
    await eventually(() => expect(current().fired).toHaveLength(2))
    rmSync(file(DROVER.schedules))
    current().now = at('25T13:00')
    scheduler().ended({ order: OrderIdSchema.parse('ord-aaaaaaaaaaaaaaaa'), attempt: 1, state: 'done', result: {}, recovered: false, elapsedMs: 1 })
    await eventually(() => expect(current().troubles).toEqual([]))
    expect(current().fired).toHaveLength(2)
  })

  it('fires nothing twice where the clock goes back', async () => {
    schedules()
    scheduler().start()
    await eventually(() => expect(current().fired).toHaveLength(1))
    const { asked } = current()
    current().now = at('21T11:00')
    await eventually(() => expect(current().asked).toBe(asked + 1))
    current().now = at('21T18:00')
    await eventually(() => expect(current().fired).toHaveLength(2))
    expect(new Set(current().fired).size).toBe(2)
  })

  it.each([
    ['until k3s is up, as after a boot', () => (k3sIs('active'), void (current().now += 10))],
    ['but not for good', () => void (current().now += 600_000)],
  ])('puts a firing off %s', async (_name, then) => {
    k3sIs('inactive')
    schedules()
    scheduler().start()
    await eventually(() => {
      current().now += 10
      expect(current().asked).toBeGreaterThan(2)
    })
    expect(current().fired).toEqual([])
    then()
    await eventually(() => expect(current().fired).toEqual(['sched six 11-21T12:00']))
  })

  it('tries a firing again that could not be written down', async () => {
    schedules()
    current().fails = true
    scheduler().start()
    await eventually(() => expect(current().troubles).toHaveLength(1))
    expect(await noted()).toEqual({})
    current().fails = false
    current().now += 60_000
    await eventually(() => expect(current().fired).toEqual(['sched six 11-21T12:00']))
  })

  it('tries what failed again, each time later, and no more once it is done', async () => {
    schedules()
    scheduler().start()
    await eventually(() => expect(current().fired).toEqual([NOON]))
    for (const [index, minutes] of [1, 5, 15, 60].entries()) {
      const { read } = current()
      noonFails()
      await eventually(() => expect(current().read).toBeGreaterThan(read + 1))
      current().now += minutes * 60_000 - 1
      const again = current().read
      await eventually(() => expect(current().read).toBeGreaterThan(again + 1))
      expect(current().fired).toHaveLength(index + 1)
      current().now += 1
      await eventually(() => expect(current().fired).toHaveLength(index + 2))
    }
    const { read } = current()
    current().now += 10 * 60_000
    await hostOf(current().root).pause(50)
    expect([current().fired, current().read - read]).toEqual([[NOON, NOON, NOON, NOON, NOON], 0])
  })

  it('tries what an earlier process left, after a pause of its own', async () => {
    schedules()
    await writeFired(hostOf(current().root), { six: at('21T12:00') })
    current().tried[NOON] = { attempts: 2, failed: true }
    scheduler().start()
    await eventually(() => expect(current().read).toBeGreaterThan(1))
    scheduler().stop()
    current().now += 4 * 60_000
    startAnew(current())
    scheduler().start()
    const { read } = current()
    await eventually(() => expect(current().read).toBeGreaterThan(read + 2))
    current().now += 4 * 60_000
    await hostOf(current().root).pause(30)
    expect(current().fired).toEqual([])
    current().now += 60_000
    await eventually(() => expect(current().fired).toEqual([NOON]))
  })

  it('leaves what failed for the next planned time, and for good where the schedule went', async () => {
    schedules()
    scheduler().start()
    await eventually(() => expect(current().fired).toEqual([NOON]))
    noonFails()
    current().now = at('21T18:00')
    await eventually(() => expect(current().fired).toEqual([NOON, 'sched six 11-21T18:00']))
    rmSync(file(DROVER.schedules))
    current().tried['sched six 11-21T18:00'] = { attempts: 1, failed: true }
    noonFails()
    current().now += 120_000
    await hostOf(current().root).pause(50)
    expect(current().fired).toHaveLength(2)
  })

  it('tries nothing again while k3s is coming up', async () => {
    schedules()
    await writeFired(hostOf(current().root), { six: at('21T12:00') })
    current().tried[NOON] = { attempts: 1, failed: true }
    k3sIs('inactive')
    scheduler().start()
    await eventually(() => expect(current().read).toBeGreaterThan(1))
    current().now += 61_000
    const { read } = current()
    await eventually(() => expect(current().read).toBeGreaterThan(read + 2))
    expect(current().fired).toEqual([])
    k3sIs('active')
    await eventually(() => expect(current().fired).toEqual([NOON]))
  })

  it.each([
    ['of another cluster', () => schedules({}, 'other'), /cluster other/],
    ['damaged', () => writeFileSync(file(DROVER.schedules), '{'), /damaged/],
    ['of a host whose claim is damaged', () => (schedules(), writeFileSync(file(DROVER.claim), '{')), /claim\.json is damaged/],
  ])('fires nothing of schedules that are %s', async (_name, prepare, said) => {
    prepare()
    scheduler().start()
    await eventually(() => expect(current().troubles[0]).toMatch(said))
    expect(current().asked).toBe(0)
  })

  it('fires nothing on a host without a cluster', async () => {
    rmSync(file(DROVER.claim))
    schedules()
    scheduler().start()
    await hostOf(current().root).pause(50)
    expect(current()).toMatchObject({ asked: 0, fired: [], troubles: [] })
  })

  it('goes on from now where the clock had been years ahead', async () => {
    schedules()
    await writeFired(hostOf(current().root), { six: Date.parse('2038-01-19T00:00:00Z') })
    scheduler().start()
    await eventually(() => expect(readFileSync(file(DROVER.fired), 'utf8')).toContain(String(at('21T13:00'))))
    expect(current().fired).toEqual([])
  })

  it('removes what is older than the good ones that stay, after a good firing', async () => {
    schedules()
    await writeFired(hostOf(current().root), { six: at('21T12:00') })
    scheduler().start()
    for (const name of ['six-20261120t0000z', 'six-20261120t1200z', 'six-20261121t0000z', 'six-20261121t1200z', 'manual']) putSnapshot(name, name === 'six-20261121t0000z' ? 'degraded' : 'consistent')
    const made: OrderReport = { order: OrderIdSchema.parse('sched-six-20261121t1200z'), attempt: 1, state: 'done', result: {}, recovered: false, elapsedMs: 1 }
    scheduler().ended({ ...made, state: 'failed', code: 'step.space', message: '', evidence: '', undone: 'undone' })
    scheduler().ended(made)
    await eventually(() => expect(current().fired).toEqual(['prune six 11-20T00:00']))
  })
  it('has what was kept around changes removed after any order, and not for the removal itself', async () => {
    for (const name of ['before-v1.35.1-k3s1-1', 'restored-2', 'restored-3', 'restored-4']) putSnapshot(name)
    const order: OrderReport = { order: OrderIdSchema.parse('ord-aaaaaaaaaaaaaaaa'), attempt: 1, state: 'done', result: {}, recovered: false, elapsedMs: 1 }
    scheduler().ended({ ...order, state: 'failed', code: 'step.space', message: '', evidence: '', undone: 'undone' })
    scheduler().ended({ ...order, order: OrderIdSchema.parse('tidy-kept-20261121t1259z') })
    await hostOf(current().root).pause(50)
    expect(current().fired).toEqual([])
    scheduler().ended(order)
    await eventually(() => expect(current().fired).toEqual(['tidy kept 11-21T13:00']))
    rmSync(file(DROVER.claim))
    scheduler().ended(order)
    await hostOf(current().root).pause(50)
    expect([current().fired.length, current().troubles]).toEqual([1, []])
  })
})
