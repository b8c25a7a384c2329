import { expect, it } from 'vitest'
import { wrapLine } from './wrap-line.ts'

const WAIT = '  WAIT node-1: carries out k3s.config, 17 s, ends when its agent reports the end and newer facts, gives up at 3 min'

it('breaks at blanks and loses no word', () => {
  for (const width of [20, 39, 79, 100]) {
    const rows = wrapLine(WAIT, width)
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(width)
    expect(rows.join(' ').split(/ +/).filter(Boolean)).toEqual(WAIT.trim().split(/ +/))
  }
  expect(wrapLine(WAIT, 79)).toHaveLength(2)
  expect(wrapLine(WAIT, 200)).toEqual([WAIT])
  expect(wrapLine('', 20)).toEqual([''])
})

it('cuts a word that is longer than the row', () => {
  expect(wrapLine('x'.repeat(45), 20)).toEqual(['x'.repeat(20), `    ${'x'.repeat(16)}`, `    ${'x'.repeat(9)}`])
})
