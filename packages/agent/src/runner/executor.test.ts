import { writeFileSync } from 'node:fs'
import { type OrderReport, OrderReportSchema } from '@drover/protocol'
import { newOrderKeys, sealAndSign } from '@drover/test/kit/orders/sign-order.ts'
import { ledgerOf } from '@drover/test/kit/fake-host/fake-host.ts'
import { dropRoot, HOST, hostOf, newRoot, orderOf, SECRETS } from '@drover/test/contracts/step/step-case.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createExecutor, type Executor } from './executor.ts'
import { readHead } from './journal-head.ts'
import type { AttemptId } from './journal.ts'
import { journalName, readJournal } from './journal.ts'
import type { Launcher } from './launch.ts'
import { runJournaled } from './main-run-step.ts'

const keys = newOrderKeys()
type Held = { root: string; reports: OrderReport[]; troubles: string[]; open: Executor[] }
const nothing = (): Held => ({ root: newRoot(), reports: [], troubles: [], open: [] })
const held: { now: Held | null } = { now: null }
const now = (): Held => {
  if (held.now === null) throw new Error('no test runs')
  return held.now
}

beforeEach(() => {
  held.now = nothing()
})
afterEach(() => {
  for (const executor of now().open) executor.stop()
  dropRoot(now().root)
})

/** Runs the child in this process, by the same code; `die` lets it end without having done anything. */
const launcher = (starts: AttemptId[], die = (): boolean => false): Launcher => {
  const running = new Set<string>()
  return {
    start: async (id) => {
      starts.push(id)
      if (die()) return
      running.add(id.order)
      const child = { dir: `${now().root}.journal`, host: () => hostOf(now().root), coordinatorKey: async () => keys.verify, sealKey: async () => keys.seal.secret }
      void runJournaled(id, child).finally(() => running.delete(id.order))
    },
    isRunning: async (id) => running.has(id.order),
  }
}

const executorOf = (wanted: Launcher): Executor => {
  const executor = createExecutor({
    dir: `${now().root}.journal`,
    host: hostOf(now().root),
    hostId: HOST,
    coordinatorKey: () => keys.verify,
    serverNow: () => 1000,
    launcher: wanted,
    onReport: (report) => now().reports.push(report),
    onTrouble: (text) => now().troubles.push(text),
    lookEveryMs: 5,
  })
  now().open.push(executor)
  return executor
}

const install = orderOf('binary.install')
const config = orderOf('k3s.config')
const ends = (): readonly string[] => now().reports.filter(({ state }) => state !== 'received' && state !== 'progress').map((report) => `${report.order} ${report.state}`)
const ended = (count: number): Promise<void> => vi.waitFor(() => expect(ends()).toHaveLength(count), { timeout: 20_000 })

describe('an executor', () => {
  it('carries orders out in the order of their arrival, and answers for them until they are acknowledged', async () => {
    const starts: AttemptId[] = []
    const executor = executorOf(launcher(starts))
    executor.start()
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    await executor.submit(await sealAndSign(keys, config, SECRETS))
    await ended(2)
    expect(ends()).toEqual([`${install.id} done`, `${config.id} done`])
    expect(starts.map(({ order }) => order)).toEqual([install.id, config.id])
    expect(executor.pending()).toHaveLength(2)
    executor.acknowledge(install.id, 1)
    executor.acknowledge(install.id, 1)
    expect(executor.pending().map(({ order }) => order)).toEqual([config.id])
    expect(executor.open()).toBe(0)
    expect(await readHead(hostOf(now().root))).toMatchObject({ count: 2 })
  })

  it('answers a known order with what is recorded, and does nothing twice', async () => {
    const starts: AttemptId[] = []
    const executor = executorOf(launcher(starts))
    const signed = await sealAndSign(keys, install, SECRETS)
    await executor.submit(signed)
    await ended(1)
    await executor.submit(signed)
    expect(ends()).toEqual([`${install.id} done`, `${install.id} done`])
    expect(starts).toHaveLength(1)
  })

  it('refuses for good and remembers it; an order that is not signed by the coordinator leaves no trace', async () => {
    writeFileSync(`${now().root}/var/lib/drover/claim.json`, '{"cluster":"other","incarnation":1,"seed":"h-aaaaaaaaaaaaaaaa"}')
    const executor = executorOf(launcher([]))
    await executor.submit(await sealAndSign(newOrderKeys(), install, SECRETS))
    expect(now().reports).toEqual([])
    expect(now().troubles).toEqual(['an order was refused: its signature does not hold'])
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    expect(executor.pending()).toMatchObject([{ order: install.id, state: 'refused', code: 'order.claim' }])
  })

  it('goes on with what an earlier process left', async () => {
    const never: Launcher = { start: () => new Promise(() => undefined), isRunning: async () => false }
    const first = executorOf(never)
    await first.submit(await sealAndSign(keys, install, SECRETS))
    expect(first.open()).toBe(1)
    first.stop()
    const second = executorOf(launcher([]))
    second.start()
    await ended(1)
    expect(ends()).toEqual([`${install.id} done`])
  })

  it('keeps an order that systemd did not tell of, and asks again', async () => {
    const starts: AttemptId[] = []
    const works = launcher(starts)
    let asked = 0
    const executor = executorOf({
      ...works,
      isRunning: (id) => ([1, 2].includes((asked += 1)) ? Promise.reject(new Error('systemctl show failed')) : works.isRunning(id)),
    })
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    await ended(1)
    expect(ends()).toEqual([`${install.id} done`])
    expect(starts).toHaveLength(1)
    expect(now().troubles).toHaveLength(2)
    expect(now().troubles[0]).toContain('systemctl show failed; it is tried again')
  })

  it('starts a child again that ended without a result, and gives up in the end', async () => {
    const starts: AttemptId[] = []
    let deaths = 0
    const executor = executorOf(launcher(starts, () => (deaths += 1) <= 2))
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    await ended(1)
    expect(starts).toHaveLength(3)
    expect(ends()).toEqual([`${install.id} done`])
    const always = executorOf(launcher(starts, () => true))
    await always.submit(await sealAndSign(keys, config, SECRETS))
    await ended(2)
    expect(now().reports.at(-1)).toMatchObject({ state: 'failed', code: 'step.indeterminate', undone: 'nothing-to-undo' })
  })

  it('names a journal that is broken and does not touch it', async () => {
    const first = executorOf(launcher([]))
    const signed = await sealAndSign(keys, install, SECRETS)
    await first.submit(signed)
    await ended(1)
    const path = `${now().root}.journal/${journalName({ order: install.id, attempt: 1 })}`
    writeFileSync(path, 'x'.repeat(5), { flag: 'r+' })
    expect(() => readJournal(path)).toThrow('broken record')
    const second = executorOf(launcher([]))
    second.start()
    await second.submit(signed)
    expect(now().reports.slice(-2)).toMatchObject([{ state: 'failed', code: 'step.journal' }, { state: 'failed', code: 'step.journal' }])
  })

  it('tells what a step says of itself; opens secrets for the child alone: no token is in a journal or a report', async () => {
    const executor = executorOf(launcher([]))
    for (const kind of ['binary.install', 'k3s.config', 'k3s.start'] as const) await executor.submit(await sealAndSign(keys, orderOf(kind), SECRETS))
    await ended(3)
    expect(ledgerOf(now().root)).toEqual(['start server', 'initialise'])
    const told = now().reports.flatMap((report) => (report.state === 'progress' ? [OrderReportSchema.parse(report).order] : []))
    expect(told).toContain(install.id)
    const journals = [install, config].map(({ id }) => JSON.stringify(readJournal(`${now().root}.journal/${journalName({ order: id, attempt: 1 })}`)))
    for (const secret of Object.values(SECRETS)) expect(`${journals.join()} ${JSON.stringify(now().reports)}`).not.toContain(secret)
  })
})
