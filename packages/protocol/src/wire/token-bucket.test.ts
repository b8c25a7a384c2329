import { expect, it } from 'vitest'
import { createTokenBucket } from './token-bucket.ts'

it('lets a burst through, then the rate, and never saves up more than the burst', () => {
  const bucket = createTokenBucket({ perSecond: 2, burst: 3 })
  const took = (now: number, times: number): number =>
    Array.from({ length: times }, () => bucket.take(now)).filter(Boolean).length
  expect(took(1_000, 5)).toBe(3)
  expect(took(1_499, 1)).toBe(0)
  expect(took(2_000, 5)).toBe(2)
  expect(took(900_000, 9)).toBe(3)
})

it('gives one for what was asked for, and never saves that up beyond the burst', () => {
  const bucket = createTokenBucket({ perSecond: 0, burst: 2 })
  bucket.give(0)
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false])
  bucket.give(0)
  expect([bucket.take(0), bucket.take(0)]).toEqual([true, false])
})

it('takes nothing when the cost is not there, and does not mind a clock that stands still or goes back', () => {
  const bucket = createTokenBucket({ perSecond: 1, burst: 10 })
  expect(bucket.take(5_000, 11)).toBe(false)
  expect(bucket.take(5_000, 10)).toBe(true)
  expect(bucket.take(1_000)).toBe(false)
  expect(bucket.isFull(11_000)).toBe(true)
})

it('says how long it is until one is there', () => {
  const bucket = createTokenBucket({ perSecond: 0.5, burst: 1 })
  expect([bucket.wait(0), bucket.take(0), bucket.wait(0), bucket.wait(1500), bucket.wait(2000)]).toEqual([0, true, 2000, 500, 0])
  const dry = createTokenBucket({ perSecond: 0, burst: 1 })
  expect([dry.take(0), dry.wait(9_000)]).toEqual([true, Infinity])
})
