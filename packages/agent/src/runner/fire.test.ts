import { mkdirSync, writeFileSync } from 'node:fs'
import { type Firing, type OrderReport, timeName } from '@drover/protocol'
import { stage } from '@drover/test/contracts/step/carry-out.ts'
import { dropRoot, HOST, hostOf, newRoot, orderOf, SECRETS } from '@drover/test/contracts/step/step-case.ts'
import { newOrderKeys, sealAndSign } from '@drover/test/kit/orders/sign-order.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readSnapshots } from '../host/read-snapshots.ts'
import { createExecutor, type Executor } from './executor.ts'
import { readFences } from './fences.ts'
import { readHead } from './journal-head.ts'
import type { AttemptId } from './journal.ts'
import { journalName, readJournal } from './journal.ts'
import { runJournaled } from './main-run-step.ts'

const keys = newOrderKeys()
const AT = Date.parse('2026-11-21T18:00:00Z')
const firing = (what: Firing['what'] = 'sched', at = AT): Firing => ({ what, schedule: 'six', at })
const ID = `sched-six-${timeName(AT)}`

type Held = { root: string; reports: OrderReport[]; starts: AttemptId[]; troubles: string[]; open: Executor[] }
const held: { now: Held | null } = { now: null }
const now = (): Held => {
  if (held.now === null) throw new Error('no test runs')
  return held.now
}
beforeEach(async () => {
  const root = newRoot()
  held.now = { root, reports: [], starts: [], troubles: [], open: [] }
  mkdirSync(`${root}/etc/drover`)
  await stage(root, 'snapshot.take')
})
afterEach(() => {
  for (const executor of now().open) executor.stop()
  dropRoot(now().root)
})

/** The child in this process, by the same code; `wait` holds it back. */
const executorOf = (wait: Promise<unknown> = Promise.resolve()): Executor => {
  const { root, reports, starts, troubles, open } = now()
  const running = new Set<string>()
  const run = async (id: AttemptId): Promise<void> => {
    await wait
    await runJournaled(id, { dir: `${root}.resident`, host: () => hostOf(root), coordinatorKey: async () => keys.verify, sealKey: async () => keys.seal.secret })
  }
  const executor = createExecutor({
    dir: `${root}.resident`,
    host: hostOf(root),
    hostId: HOST,
    coordinatorKey: () => keys.verify,
    serverNow: () => null,
    launcher: {
      start: async (id) => {
        starts.push(id)
        running.add(id.order)
        void run(id).finally(() => running.delete(id.order))
      },
      isRunning: async (id) => running.has(id.order),
    },
    onReport: (report) => reports.push(report),
    onTrouble: (text) => troubles.push(text),
    lookEveryMs: 5,
  })
  open.push(executor)
  return executor
}

const ends = (): readonly string[] => now().reports.filter(({ state }) => state === 'done' || state === 'failed' || state === 'refused').map(({ order, state }) => `${order} ${state}`)
const ended = (count: number): Promise<void> => vi.waitFor(() => expect(ends()).toHaveLength(count), { timeout: 20_000 })
const names = async (): Promise<readonly string[]> => (await readSnapshots(hostOf(now().root))).map(({ name }) => name)

describe('a firing', () => {
  it('goes through the journal like an order, without the coordinator, and is answered for until that has it', async () => {
    const executor = executorOf()
    await executor.fire(firing())
    await ended(1)
    expect(ends()).toEqual([`${ID} done`])
    expect(await names()).toEqual([`six-${timeName(AT)}`])
    expect(executor.pending()).toMatchObject([{ order: ID, attempt: 1, state: 'done' }])
    const [first] = readJournal(`${now().root}.resident/${journalName({ order: ID as never, attempt: 1 })}`)
    expect(first).toMatchObject({ type: 'FIRED', kind: 'snapshot.take', cluster: 'home' })
    expect(await readHead(hostOf(now().root))).toMatchObject({ count: 0 })
    expect(await readFences(hostOf(now().root))).toEqual({ epoch: 0, fences: {} })
    executor.acknowledge(ID as never, 1)
    expect(executor.pending()).toEqual([])
  })

  it('takes what the host keeps its objects in now, whatever was ordered', async () => {
    dropRoot(now().root)
    now().root = newRoot()
    mkdirSync(`${now().root}/etc/drover`)
    await stage(now().root, 'snapshot.take on etcd')
    await executorOf().fire(firing())
    await ended(1)
    const [first] = readJournal(`${now().root}.resident/${journalName({ order: ID as never, attempt: 1 })}`)
    expect(first).toMatchObject({ type: 'FIRED', kind: 'snapshot.take', params: { datastore: 'etcd' } })
  })

  it('never happens twice, whatever became of it', async () => {
    const executor = executorOf()
    await Promise.all([executor.fire(firing()), executor.fire(firing())])
    await executor.fire(firing())
    await ended(1)
    await executor.fire(firing())
    const next = executorOf()
    next.start()
    await next.fire(firing())
    expect(now().starts).toHaveLength(1)
  })

  it('waits for an order that is carried out, and orders wait for it', async () => {
    const gate = Promise.withResolvers<null>()
    const executor = executorOf(gate.promise)
    await executor.fire(firing())
    await executor.fire(firing('sched', AT + 60_000))
    await vi.waitFor(() => expect(now().starts).toHaveLength(1))
    expect(executor.open()).toBe(2)
    gate.resolve(null)
    await ended(2)
    expect(ends()).toEqual([`${ID} done`, `sched-six-${timeName(AT + 60_000)} done`])
  })

  it('goes on after the agent was killed in the middle of it', async () => {
    const never = executorOf(new Promise(() => undefined))
    await never.fire(firing())
    await vi.waitFor(() => expect(now().starts).toHaveLength(1))
    never.stop()
    executorOf().start()
    await ended(1)
    expect(await names()).toHaveLength(1)
  })

  it.each([
    ['VETO', 'order.veto', () => writeFileSync(`${now().root}/etc/drover/VETO`, '')],
    ['the policy', 'order.policy', () => writeFileSync(`${now().root}/etc/drover/policy.json`, '{"version":1,"deny_types":["snapshot.take"]}')],
  ] as const)('is refused by %s, and said so', async (_name, code, forbid) => {
    forbid()
    const executor = executorOf()
    await executor.fire(firing())
    await executor.fire(firing())
    expect(now().reports).toMatchObject([{ order: ID, state: 'refused', code }])
    expect(now().starts).toEqual([])
  })

  it('is not of a host that has no claim, or was restored meanwhile', async () => {
    const gate = Promise.withResolvers<null>()
    await executorOf(gate.promise).fire(firing())
    writeFileSync(`${now().root}/var/lib/drover/claim.json`, `{"cluster":"home","incarnation":2,"seed":"${HOST}"}`)
    gate.resolve(null)
    await ended(1)
    expect(now().reports.at(-1)).toMatchObject({ state: 'failed', code: 'order.claim' })
    writeFileSync(`${now().root}/var/lib/drover/claim.json`, '{')
    await expect(executorOf().fire(firing('sched', AT + 60_000))).rejects.toMatchObject({ code: 'order.claim' })
  })

  it('that failed is tried again as the next attempt, also by another process, until it is done', async () => {
    const claim = (incarnation: number): void => writeFileSync(`${now().root}/var/lib/drover/claim.json`, `{"cluster":"home","incarnation":${String(incarnation)},"seed":"${HOST}"}`)
    for (const attempt of [1, 2]) {
      const gate = Promise.withResolvers<null>()
      const executor = executorOf(gate.promise)
      expect(executor.tried(firing())).toEqual(attempt === 1 ? null : { attempts: 1, failed: true })
      await executor.fire(firing())
      expect(executor.tried(firing())).toEqual({ attempts: attempt, failed: false })
      await executor.fire(firing())
      claim(attempt + 1)
      gate.resolve(null)
      await ended(attempt)
      executor.stop()
    }
    const last = executorOf()
    await last.fire(firing())
    await ended(3)
    await last.fire(firing())
    expect(now().starts.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
    expect(now().reports.at(-1)).toMatchObject({ order: ID, attempt: 3, state: 'done', result: { incarnation: 3 } })
    expect([await names(), last.tried(firing())]).toEqual([[`six-${timeName(AT)}`], { attempts: 3, failed: false }])
  })

  it('removes what it made by the step that deletes, and tries that again where it failed', async () => {
    const executor = executorOf()
    for (const minute of [0, 1]) await executor.fire(firing('sched', AT + minute * 60_000))
    await ended(2)
    await executor.fire(firing('prune'))
    await ended(3)
    expect(await names()).toEqual([`six-${timeName(AT + 60_000)}`])
    for (const attempt of [1, 2]) {
      await executor.fire(firing('prune', AT + 60_000))
      await ended(3 + attempt)
      expect(now().reports.at(-1)).toMatchObject({ attempt, state: 'failed', code: 'snapshot.last' })
    }
  })

  it('is nothing that can come over the wire', async () => {
    const executor = executorOf()
    const signed = await sealAndSign(keys, { ...orderOf('snapshot.take'), id: ID } as never, SECRETS)
    await executor.submit(signed)
    expect([...now().reports, ...now().starts]).toEqual([])
    expect(now().troubles).toEqual(['an order was refused: its signature does not hold'])
  })
})
