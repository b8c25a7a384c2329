import { expect, it } from 'vitest'
import { nearestWord } from './nearest-word.ts'

it.each([
  ['ulrs', 'urls'],
  ['url', 'urls'],
  ['Key', 'key'],
  ['pinn', 'pin'],
  ['certificate', null],
  ['', null],
])('%j is meant as %j', (word, expected) => {
  expect(nearestWord(word, ['urls', 'pin', 'key', 'releaseBase'])).toBe(expected)
})
