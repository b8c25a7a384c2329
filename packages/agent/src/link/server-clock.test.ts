import { expect, it } from 'vitest'
import { createServerClock } from './server-clock.ts'

it("counts the coordinator's time on by the monotonic clock alone", () => {
  const clock = createServerClock()
  expect(clock.at(5)).toBeNull()
  clock.set(1_700_000_000_000, 1_000.25)
  expect(clock.at(1_000.25)).toBe(1_700_000_000_000)
  expect(clock.at(4_500.9)).toBe(1_700_000_003_500)
  expect(clock.at(0)).toBe(1_700_000_000_000)
  clock.set(1_600_000_000_000, 9_000)
  expect(clock.at(9_001)).toBe(1_600_000_000_001)
})
