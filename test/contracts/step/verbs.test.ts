import { STEPS, type StepKind } from '@drover/protocol'
import { type HostChanges, moduleOf, RELEASE_BASE, type StepContext, wrapChanges } from '@drover/agent'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { ledgerOf } from '../../kit/fake-host/fake-host.ts'
import { changeWorld } from '../../kit/fake-host/world.ts'
import { carryOut, copyHost, pictureOf, stage } from './carry-out.ts'
import { dropRoot, hostOf, newRoot, orderOf, SECRETS } from './step-case.ts'

const KINDS = Object.keys(STEPS) as StepKind[]
const roots: string[] = []
const staged = new Map<StepKind, string>()

/** A host on which this kind comes next; staged once, then copied. */
const fresh = async (kind: StepKind): Promise<string> => {
  const root = newRoot()
  roots.push(root)
  const model = staged.get(kind) ?? newRoot()
  if (!staged.has(kind)) {
    staged.set(kind, model)
    await stage(model, kind)
    changeWorld(model, () => undefined)
  }
  copyHost(model, root)
  return root
}
afterEach(() => roots.splice(0).forEach(dropRoot))
afterAll(() => [...staged.values()].forEach(dropRoot))

const contextOf = (kind: StepKind): StepContext<StepKind> => {
  const order = orderOf(kind)
  const settings = { releaseBase: RELEASE_BASE, coordinators: [], pin: null }
  const signal = new AbortController().signal
  return { order, params: order.params, secrets: SECRETS, settings, say: () => undefined, signal, elapsed: () => 0 }
}

/** Runs a step while its `at`-th change fails, before or after it has happened; resolves with how often it changed anything. */
const failing = async (root: string, kind: StepKind, fault: { at: number; after: boolean }) => {
  const changes: (keyof HostChanges)[] = []
  let undoing = false
  const host = wrapChanges(hostOf(root), async (name, _what, go) => {
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

describe.each(KINDS)('%s', (kind) => {
  it('is satisfied once it is done', async () => {
    const root = await fresh(kind)
    const end = await carryOut({ root, order: orderOf(kind) })
    expect(end).toMatchObject({ type: 'DONE', recovered: false })
    if (end.type === 'DONE') expect(STEPS[kind].result.safeParse(end.result).success).toBe(true)
    const check = await moduleOf(kind).check(hostOf(root), contextOf(kind))
    expect(check.is).toBe(kind === 'kubeconfig.read' ? 'needed' : 'satisfied')
  })

  it('done twice is done once', async () => {
    const root = await fresh(kind)
    await carryOut({ root, order: orderOf(kind) })
    const once = { picture: pictureOf(root, true), ledger: ledgerOf(root) }
    const again = await carryOut({ root, order: orderOf(kind, 1) })
    expect(again).toMatchObject({ type: 'DONE' })
    expect({ picture: pictureOf(root, true), ledger: ledgerOf(root) }).toEqual(once)
  })

  it('leaves the host as it was when any of its changes fails', async () => {
    const counted = await failing(await fresh(kind), kind, { at: 0, after: false })
    expect(counted.end.type).toBe('DONE')
    const { undo } = moduleOf(kind)
    for (const after of [false, true]) {
      for (let at = 1; at <= counted.changes; at += 1) {
        const root = await fresh(kind)
        const before = pictureOf(root)
        const { end } = await failing(root, kind, { at, after })
        if (end.type === 'DONE') continue // a failure that the step gets over, such as that of a clean-up
        expect(end, `change ${String(at)}`).toMatchObject({ type: 'FAILED' })
        if (typeof undo === 'function') expect(pictureOf(root), `change ${String(at)}, ${after ? 'after' : 'before'} it`).toEqual(before)
        else expect(await carryOut({ root, order: orderOf(kind, 1) })).toMatchObject({ type: 'DONE' })
      }
    }
  })
})
