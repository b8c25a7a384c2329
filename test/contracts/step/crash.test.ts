import { describe, expect, it } from 'vitest'
import { ledgerOf, powerCycle } from '../../kit/fake-host/fake-host.ts'
import { carryOut } from './carry-out.ts'
import { fresh, inChild, killEverywhere, KINDS, prepareLane } from './crash-lane.ts'
import { orderOf } from './step-case.ts'

prepareLane()

describe.each(KINDS)('%s', (kind) => {
  it('reaches the same end when killed before and after any append of its journal', { timeout: 120_000 }, async () => {
    expect(await killEverywhere(kind, 'append', 1)).toBeGreaterThan(8)
  })
})

describe.each(KINDS.filter((kind) => kind !== 'kubeconfig.read'))('%s', (kind) => {
  // All places are those of the slow lane.
  it('reaches the same end when killed around every fifth of its changes', { timeout: 120_000 }, async () => {
    expect(await killEverywhere(kind, 'change', 5)).toBeGreaterThan(4)
  })
})

describe('a power cut', () => {
  it('in the middle of a start ends with one initialisation and a running server', { timeout: 120_000 }, async () => {
    for (const append of [4, 5, 6, 7, 8, 9, 10]) {
      const root = await fresh('k3s.start')
      await inChild(root, 'k3s.start', { append })
      powerCycle(root)
      expect(await carryOut({ root, order: orderOf('k3s.start') }), String(append)).toMatchObject({ type: 'DONE' })
      expect(ledgerOf(root).filter((line) => line === 'initialise')).toHaveLength(1)
    }
  })
})
