import { existsSync } from 'node:fs'
import { DROVER, STEPS, type StepKind } from '@drover/protocol'
import { foreignK3s, type HostChanges, K3S_TRACES, moduleOf, RELEASE_BASE, type StepContext, wrapChanges } from '@drover/agent'
import { describe, expect, it } from 'vitest'
import { ledgerOf } from '../../kit/fake-host/fake-host.ts'
import { carryOut, pictureOf } from './carry-out.ts'
import { createModels } from './models.ts'
import { CASES, hostOf, kindOf, orderOf, SECRETS, type StepCase } from './step-case.ts'

const fresh = createModels()

const contextOf = (kind: StepCase): StepContext<StepKind> => {
  const order = orderOf(kind)
  const settings = { releaseBase: RELEASE_BASE, coordinators: ['https://10.0.0.1:8443'], pin: 'cGlu' }
  const signal = new AbortController().signal
  return { order, params: order.params, secrets: SECRETS, settings, say: () => undefined, signal, elapsed: () => 0 }
}

/** What the inventory would say of a host as it is now. */
const foreignOn = (root: string): readonly string[] => {
  const there = (path: string): boolean => existsSync(`${root}${path}`)
  return foreignK3s(new Set(K3S_TRACES.filter(there)), [DROVER.installed, DROVER.claim].some(there))
}

/** Runs a step while its `at`-th change fails, before or after it has happened; resolves with how often it changed anything. */
const failing = async (root: string, kind: StepCase, fault: { at: number; after: boolean; look?: () => void }) => {
  const { look = () => undefined } = fault
  const changes: (keyof HostChanges)[] = []
  let undoing = false
  const host = wrapChanges(hostOf(root), async (name, _what, go) => {
    look()
    if (undoing) return go()
    changes.push(name)
    if (changes.length !== fault.at) return go()
    if (fault.after) await go()
    throw new Error(`change ${String(fault.at)} (${name}) was made to fail`)
  })
  const hook = (when: 'before' | 'after', record: { type: string }): void => {
    if (when === 'after' && record.type === 'UNDOING') undoing = true
  }
  return { end: await carryOut({ root, order: orderOf(kind), host, hook }), changes: changes.length }
}

/** What an undone host looks like, or how the step ends when it is ordered anew where nothing can be undone. */
const afterFailure = async (root: string, kind: StepCase): Promise<unknown> =>
  typeof moduleOf(kindOf(kind)).undo === 'function' ? pictureOf(root) : (await carryOut({ root, order: orderOf(kind, 1) })).type

describe.each(CASES)('%s', (kind) => {
  it('is satisfied once it is done', async () => {
    const root = await fresh(kind)
    const end = await carryOut({ root, order: orderOf(kind) })
    expect(end).toMatchObject({ type: 'DONE', recovered: false })
    expect(STEPS[kindOf(kind)].result.safeParse('result' in end ? end.result : null).success).toBe(true)
    const check = await moduleOf(kindOf(kind)).check(hostOf(root), contextOf(kind))
    expect(check.is).toBe(kind === 'kubeconfig.read' || kind === 'node.drain' ? 'needed' : 'satisfied')
  })

  it('done twice is done once', async () => {
    const root = await fresh(kind)
    await carryOut({ root, order: orderOf(kind) })
    const once = { picture: pictureOf(root, true), ledger: ledgerOf(root) }
    const again = await carryOut({ root, order: orderOf(kind, 1) })
    expect(again).toMatchObject({ type: 'DONE' })
    expect({ picture: pictureOf(root, true), ledger: ledgerOf(root) }).toEqual(once)
  })

  it('is not taken for a k3s of somebody else between any two changes, nor while it is undone', { timeout: 120_000 }, async () => {
    const counted = await failing(await fresh(kind), kind, { at: 0, after: false })
    for (let at = 1; at <= counted.changes + 1; at += 1) {
      const root = await fresh(kind)
      const looks: (readonly string[])[] = []
      await failing(root, kind, { at, after: true, look: () => void looks.push(foreignOn(root)) })
      expect({ at, foreign: [...looks.flat(), ...foreignOn(root)] }).toEqual({ at, foreign: [] })
    }
  })

  it('leaves the host as it was when any of its changes fails', { timeout: 120_000 }, async () => {
    const counted = await failing(await fresh(kind), kind, { at: 0, after: false })
    expect(counted.end.type).toBe('DONE')
    for (const after of [false, true]) {
      for (let at = 1; at <= counted.changes; at += 1) {
        const root = await fresh(kind)
        const wanted = typeof moduleOf(kindOf(kind)).undo === 'function' ? pictureOf(root) : 'DONE'
        const { end } = await failing(root, kind, { at, after })
        if (end.type === 'DONE') continue // a failure that the step gets over, such as that of a clean-up
        expect({ at, after, end: end.type, left: await afterFailure(root, kind) }).toEqual({ at, after, end: 'FAILED', left: wanted })
      }
    }
  })
})
