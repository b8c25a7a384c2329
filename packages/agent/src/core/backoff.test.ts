import { expect, it } from 'vitest'
import { backoffMs, refusalBackoffMs } from './backoff.ts'

it('is jittered in full between one second and a ceiling that doubles up to a minute', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 60, 5_000].map((attempt) => backoffMs(attempt, 0.999_999_9))
  expect(ceilings).toEqual([1_999, 3_999, 7_999, 15_999, 31_999, 59_999, 59_999, 59_999, 59_999])
  expect([0, 3, 5_000].map((attempt) => backoffMs(attempt, 0))).toEqual([1_000, 1_000, 1_000])
  expect(backoffMs(5, 0.5)).toBe(30_500)
})

it('after a signed refusal waits as it is told, within an hour, and never less than usual', () => {
  expect(refusalBackoffMs({ code: 'busy', retryAfterMs: 30_000 }, 0, 0)).toBe(30_000)
  expect(refusalBackoffMs({ code: 'busy', retryAfterMs: 10 }, 5, 0.5)).toBe(30_500)
  expect(refusalBackoffMs({ code: 'busy', retryAfterMs: 9e12 }, 0, 0)).toBe(3_600_000)
})

it('after a revocation asks hourly, whatever the refusal says', () => {
  expect(refusalBackoffMs({ code: 'revoked', retryAfterMs: 0 }, 0, 0)).toBe(3_601_000)
  expect(refusalBackoffMs({ code: 'revoked', retryAfterMs: 1 }, 9, 0.5)).toBeLessThan(3_700_000)
})
