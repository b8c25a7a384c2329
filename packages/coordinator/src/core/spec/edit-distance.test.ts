import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from './edit-distance.ts'

describe('edit distance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })

  it('the nearest word is near enough, whatever its case and dashes', () => {
    expect(nearest('apiendpoint', ['apiEndpoint', 'agents'])).toBe('apiEndpoint')
    expect(nearest('tls_sans', ['tlsSans'])).toBe('tlsSans')
    expect(nearest('x', ['apiEndpoint', 'agents'])).toBeNull()
    expect(nearest('a', [])).toBeNull()
  })
})
