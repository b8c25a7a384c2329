import { expect, it } from 'vitest'
import { shortText } from './short-text.ts'

it('cuts, and leaves no half of a character behind', () => {
  expect([shortText('abc', 2), shortText('abc', 3), shortText('a\u{1F600}', 2), shortText('a\u{1F600}', 3)]).toEqual(['ab', 'abc', 'a\uFFFD', 'a\u{1F600}'])
})
