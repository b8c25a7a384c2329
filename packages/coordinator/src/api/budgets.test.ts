import { describe, expect, it } from 'vitest'
import { createBudgets } from './budgets.ts'

describe('budgets', () => {
  const budget = { perSecond: 1, burst: 2, says: 'two' }

  it('say how long to wait, in whole seconds', () => {
    const clock = { now: 0 }
    const budgets = createBudgets({ ...budget, perSecond: 0.25 }, () => clock.now)
    budgets.take('a')
    budgets.take('a')
    expect(() => budgets.take('a')).toThrow(expect.objectContaining({ code: 'request.rate', retryAfter: 4 }))
    clock.now = 3_900
    expect(() => budgets.take('a')).toThrow(expect.objectContaining({ retryAfter: 1 }))
    budgets.give('a')
    expect(() => budgets.take('a')).not.toThrow()
  })

  it('of one who asks now survive a flood of others', () => {
    const clock = { now: 0 }
    const budgets = createBudgets({ ...budget, perSecond: 0.001 }, () => clock.now)
    const isRefused = (who: string): boolean => {
      try {
        budgets.take(who)
        return false
      } catch {
        return true
      }
    }
    for (let count = 0; count < 30_000; count += 1) {
      budgets.give('a')
      if (count % 1000 === 0) isRefused('a')
      isRefused(`flood ${String(count)}`)
    }
    isRefused('a')
    isRefused('a')
    expect(isRefused('a')).toBe(true)
  })
})
