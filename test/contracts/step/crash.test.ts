import { describe, expect, it } from 'vitest'
import { ledgerOf, powerCycle } from '../../kit/fake-host/fake-host.ts'
import { carryOut } from './carry-out.ts'
import { createCrashLane } from './crash-lane.ts'
import { CASES, orderOf } from './step-case.ts'

const lane = createCrashLane()

describe.each(CASES)('%s', (kind) => {
  it('reaches the same end when killed before and after any append of its journal', { timeout: 120_000 }, async () => {
    const { places, otherwise } = await lane.killEverywhere(kind, 'append', 1)
    expect(otherwise).toEqual([])
    expect(places).toBeGreaterThan(8)
  })
})

describe.each(CASES.filter((kind) => kind !== 'kubeconfig.read'))('%s', (kind) => {
  // All places are those of the slow lane.
  it('reaches the same end when killed around every fifth of its changes', { timeout: 120_000 }, async () => {
    const { places, otherwise } = await lane.killEverywhere(kind, 'change', 5)
    expect(otherwise).toEqual([])
    expect(places).toBeGreaterThan(4)
  })
})

describe('a power cut', () => {
  it.each([4, 5, 6, 7, 8, 9, 10])('at place %i of a start ends with one initialisation and a running server', async (append) => {
    const root = await lane.fresh('k3s.start')
    expect(await lane.dies(root, 'k3s.start', { append })).toBe(true)
    powerCycle(root)
    expect(await carryOut({ root, order: orderOf('k3s.start') })).toMatchObject({ type: 'DONE' })
    expect(ledgerOf(root).filter((line) => line === 'initialise')).toHaveLength(1)
  })
})
