import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { DroverError, type OrderReport } from '@drover/protocol'
import { dropRoot, HOST, hostOf, newRoot, orderOf, SECRETS } from '@drover/test/contracts/step/step-case.ts'
import { newOrderKeys, sealAndSign } from '@drover/test/kit/orders/sign-order.ts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HostWriter } from '../host/host.ts'
import { createExecutor, type Executor } from './executor.ts'
import { readHead } from './journal-head.ts'
import { journalName, openJournal, readJournal } from './journal.ts'
import type { Launcher } from './launch.ts'
import { runJournaled } from './main-run-step.ts'

const keys = newOrderKeys()
const install = orderOf('binary.install')
const config = orderOf('k3s.config')
type Held = { root: string; reports: OrderReport[]; troubles: string[]; open: Executor[] }
describe('an executor in trouble', () => {
  let held: Held

  beforeEach(() => {
    held = { root: newRoot(), reports: [], troubles: [], open: [] }
  })
  afterEach(() => {
    vi.restoreAllMocks()
    for (const executor of held.open) executor.stop()
    dropRoot(held.root)
  })

  const inProcess: Launcher['start'] = async (id) => {
    await runJournaled(id, { dir: `${held.root}.journal`, host: () => hostOf(held.root), coordinatorKey: async () => keys.verify, sealKey: async () => keys.seal.secret })
  }
  const launcher: Launcher = { start: inProcess, isRunning: async () => false }
  const executorOf = (change: { launcher?: Launcher; host?: HostWriter } = {}): Executor => {
    const executor = createExecutor({
      dir: `${held.root}.journal`,
      host: hostOf(held.root),
      hostId: HOST,
      coordinatorKey: () => keys.verify,
      serverNow: () => 1000,
      launcher,
      onReport: (report) => held.reports.push(report),
      onTrouble: (text) => held.troubles.push(text),
      lookEveryMs: 1,
      ...change,
    })
    held.open.push(executor)
    return executor
  }
  const ended = (state: OrderReport['state']): Promise<void> => vi.waitFor(() => expect(held.reports.at(-1)).toMatchObject({ state }), { timeout: 20_000 })
  const recordsOf = ({ id }: { id: typeof install.id }) => readJournal(`${held.root}.journal/${journalName({ order: id, attempt: 1 })}`)

  it('takes an order over once, also where two sessions bring it at the same time', async () => {
    const executor = executorOf()
    const signed = await sealAndSign(keys, install, SECRETS)
    await Promise.all([executor.submit(signed), executor.submit(signed)])
    await ended('done')
    expect(recordsOf(install).filter(({ type }) => type === 'RECEIVED')).toHaveLength(1)
    expect(await readHead(hostOf(held.root))).toMatchObject({ count: 1 })
  })

  it('refuses an order that it cannot write down, with the reason, instead of ending the session over it', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    const executor = executorOf({ host: { ...hostOf(held.root), writeFile: () => Promise.reject(full) } })
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    expect(held.reports).toMatchObject([{ order: install.id, state: 'refused', code: 'step.space' }])
    executor.acknowledge(install.id, 1)
    expect(executor.open()).toBe(0)
  })

  it('writes a refusal down in one record: killed before it there is no order, which a restart would carry out', async () => {
    const executor = executorOf()
    await executor.submit(await sealAndSign(keys, { ...install, notAfter: 5 }, SECRETS))
    expect(recordsOf(install)).toMatchObject([{ type: 'REFUSED', code: 'order.expired' }])
    expect(executor.pending()).toMatchObject([{ state: 'refused' }])
  })

  it('carries an order out that an earlier attempt to take it over left in its journal', async () => {
    const executor = executorOf()
    const signed = await sealAndSign(keys, install, SECRETS)
    const journal = openJournal(`${held.root}.journal`, { order: install.id, attempt: 1 })
    journal.append({ type: 'RECEIVED', ...signed, at: 1 })
    journal.close()
    await executor.submit(signed)
    await ended('done')
    expect(recordsOf(install).map(({ type }) => type)).toContain('DONE')
  })

  it('tries again to start a step that systemd does not start, and says what is in the way', async () => {
    let refusals = 0
    const start: Launcher['start'] = (id, limit) => {
      if ((refusals += 1) > 7) return inProcess(id, limit)
      return Promise.reject(new DroverError('step.tool', 'systemd-run failed', { evidence: 'Failed to connect to bus' }))
    }
    const executor = executorOf({ launcher: { ...launcher, start } })
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    await ended('done')
    expect(held.reports[1]).toMatchObject({ state: 'progress', detail: 'tried again: systemd-run failed: Failed to connect to bus' })
  })

  it('gives an order up in the end that cannot be started, with the reason', async () => {
    const never: Launcher = { ...launcher, start: () => Promise.reject(new Error('no bus')) }
    await executorOf({ launcher: never }).submit(await sealAndSign(keys, install, SECRETS))
    await ended('failed')
    expect(held.reports.at(-1)).toMatchObject({ code: 'step.indeterminate', message: 'the step could not be started: no bus', undone: 'nothing-to-undo' })
  })

  it('keeps the order of arrival where the clock was set back in between', async () => {
    const executor = executorOf({ launcher: { ...launcher, start: () => new Promise(() => undefined) } })
    vi.spyOn(Date, 'now').mockReturnValueOnce(2_000_000_000_000).mockReturnValue(1000)
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    await executor.submit(await sealAndSign(keys, config, SECRETS))
    expect([install, config].map((order) => recordsOf(order)[0])).toMatchObject([{ at: 2_000_000_000_000 }, { at: 2_000_000_000_001 }])
  })

  it('goes on where somebody took the folder of the journals away', async () => {
    const executor = executorOf()
    rmSync(`${held.root}.journal`, { recursive: true })
    expect([executor.open(), executor.pending()]).toEqual([0, []])
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    await ended('done')
    expect(recordsOf(install).length).toBeGreaterThan(1)
  })

  it('removes what an attempt had set aside and, killed after its end, did not remove', async () => {
    const executor = executorOf()
    await executor.submit(await sealAndSign(keys, install, SECRETS))
    await ended('done')
    const [over, open] = [install, config].map(({ id }) => `${held.root}/var/lib/drover/undo/${id}-1`)
    for (const folder of [over ?? '', open ?? '']) mkdirSync(folder)
    executorOf().start()
    await vi.waitFor(() => expect(existsSync(over ?? '')).toBe(false))
    expect(existsSync(open ?? '')).toBe(true)
  })
})
