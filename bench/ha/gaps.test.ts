import { describe, expect, test } from 'vitest'
import { gapAround, longestGap } from './gaps.ts'

describe('gaps', () => {
  test('the longest is told, also the one that goes on to the end', () => {
    expect(longestGap([100, 200, 900, 1000], 1100)).toBe(700)
    expect(longestGap([200, 100], 1100)).toBe(900)
    expect(longestGap([], 500)).toBe(0)
  })

  test('around an accident it counts from the last success before it', () => {
    expect(gapAround([0, 900, 1000, 2500, 2600], 1100)).toBe(1500)
    expect(gapAround([0, 1000], 1100)).toBe(Number.POSITIVE_INFINITY)
  })

  test('a success that was under way when it happened does not hide what came after', () => {
    expect(gapAround([0, 1000, 1150, 3000, 3100], 1100)).toBe(1850)
  })
})
