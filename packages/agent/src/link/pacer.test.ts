import { expect, it, vi } from 'vitest'
import { createPacer } from './pacer.ts'

it('writes in order, a burst at once and the rest at the rate; stopping drops what waits and what comes later', () => {
  vi.useFakeTimers()
  let now = 0
  const pacer = createPacer(() => now)
  const written: number[] = []
  const dropped: number[] = []
  for (let at = 0; at < 130; at += 1) pacer.add(() => written.push(at), () => dropped.push(at))
  expect(written).toHaveLength(120)
  now = 100
  vi.advanceTimersByTime(100)
  expect(written).toEqual(Array.from({ length: 124 }, (_, at) => at))
  pacer.stop()
  expect(dropped).toEqual([124, 125, 126, 127, 128, 129])
  pacer.add(() => written.push(999), () => dropped.push(999))
  expect(dropped.at(-1)).toBe(999)
  vi.useRealTimers()
})
