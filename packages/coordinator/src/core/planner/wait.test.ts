import { buildHost } from '@drover/test/kit/builders/host.ts'
import { buildInput } from '@drover/test/kit/builders/plan-input.ts'
import { describe, expect, it } from 'vitest'
import { planCluster } from './plan-cluster.ts'
import { expiredWaits } from './wait.ts'

describe('waits', () => {
  const { waits } = planCluster(buildInput({ hosts: [buildHost({ name: 'one' })] }).input)
  const [first] = waits

  it('all have a limit, something that ends them, and hosts', () => {
    for (const wait of waits) {
      expect(wait.limit).toBeGreaterThan(0)
      expect(wait.on.length).toBeGreaterThan(0)
      expect(wait.endsWhen.code).toMatch(/\.ends$/)
    }
  })

  it('expire after their limit, not before, and never if nobody noted since when', () => {
    const { key = '', limit = 0 } = first ?? {}
    expect(expiredWaits(waits, { [key]: 10 }, 10 + limit)).toEqual([])
    expect(expiredWaits(waits, { [key]: 10 }, 11 + limit).map((wait) => wait.key)).toEqual([key])
    expect(expiredWaits(waits, {}, 10 ** 9)).toEqual([])
  })
})
