import { expect, it } from 'vitest'
import { COPY_FRAME, COPY_TAG, copyFrame, copyLayout, copyRange, frameHolding, readCopyRange } from './snapshot-copy.ts'

const HEAD = 300
const FULL = COPY_FRAME + COPY_TAG

it('frames lie behind the head without a gap and end where the copy ends', () => {
  for (const bytes of [0, 1, COPY_FRAME, COPY_FRAME + 1, 5 * COPY_FRAME]) {
    const layout = copyLayout(HEAD, bytes)
    const frames = Array.from({ length: layout.frames }, (_, index) => copyFrame(layout, index))
    let at = HEAD
    let from = 0
    for (const frame of frames) {
      expect([frame.at, frame.from]).toEqual([at, from])
      at += frame.plain + COPY_TAG
      from += frame.plain
    }
    expect([at, from]).toEqual([layout.total, bytes])
  }
})

it('a place is held by the frame that it lies in', () => {
  const layout = copyLayout(HEAD, 2 * COPY_FRAME + 5)
  const places = [0, HEAD, HEAD + FULL - 1, HEAD + FULL, HEAD + 2 * FULL, layout.total - 1, layout.total]
  expect(places.map((place) => frameHolding(layout, place))).toEqual([0, 0, 0, 1, 2, 2, 2])
})

it('there is no frame outside', () => {
  const layout = copyLayout(HEAD, 10)
  for (const index of [-1, 1, 0.5]) expect(() => copyFrame(layout, index)).toThrow(RangeError)
})

it('a range is read only where it goes to the end', () => {
  expect(readCopyRange(copyRange(5, 10))).toEqual({ from: 5, total: 10 })
  for (const text of ['', 'bytes 5-8/10', 'bytes 5-9/*', 'bytes */10', 'bytes -1-9/10', 'bytes 10-9/10', 'items 5-9/10', 'bytes 5-9/10, 0-1/10']) expect(readCopyRange(text)).toBeNull()
})
