import { describe, expect, it } from 'vitest'
import { killEverywhere, KINDS, prepareLane } from './crash-lane.ts'

prepareLane()

describe.each(KINDS.filter((kind) => kind !== 'kubeconfig.read'))('%s', (kind) => {
  it('reaches the same end when killed before and after any of its changes', async () => {
    expect(await killEverywhere(kind, 'change', 1)).toBeGreaterThan(4)
  })
})
