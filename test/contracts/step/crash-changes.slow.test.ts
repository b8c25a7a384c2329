import { describe, expect, it } from 'vitest'
import { createCrashLane } from './crash-lane.ts'
import { CASES } from './step-case.ts'

const lane = createCrashLane()

describe.each(CASES.filter((kind) => kind !== 'kubeconfig.read'))('%s', (kind) => {
  it('reaches the same end when killed before and after any of its changes', async () => {
    const { places, otherwise } = await lane.killEverywhere(kind, 'change', 1)
    expect(otherwise).toEqual([])
    // Before and after each change: every step makes two at least, but the one that makes none on the host itself.
    expect(places).toBeGreaterThanOrEqual(kind === 'snapshot.copy' ? 2 : 4)
  })
})
