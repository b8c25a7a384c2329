import { expect, it } from 'vitest'
import { percentile } from './percentile.ts'

it.each([
  [[], 0.99, null],
  [[7.2], 0.99, 8],
  [Array.from({ length: 200 }, (_, index) => index + 1), 0.99, 198],
  [[30, 10, 20], 0.5, 20],
])('of %j at %d is %j', (samples, share, expected) => {
  expect(percentile(samples, share)).toBe(expected)
})
