import { expect, it } from 'vitest'
import { createNetworkWatch } from './network-watch.ts'

it('calls back for each change after the first look', () => {
  const texts = ['a', 'a', 'b', 'b', 'a']
  let changes = 0
  const watch = createNetworkWatch(() => (changes += 1), () => texts.shift() ?? '')
  const seen = Array.from({ length: 5 }, () => (watch.look(), changes))
  expect(seen).toEqual([0, 0, 1, 1, 2])
})

it('sees no change where there is none on this machine', () => {
  let changes = 0
  const watch = createNetworkWatch(() => (changes += 1))
  watch.look()
  watch.look()
  expect(changes).toBe(0)
})

it('looks again the next time where nothing can be read now', () => {
  let changes = 0
  const reads = [() => 'a', () => { throw new Error('EAFNOSUPPORT') }, () => 'b']
  const watch = createNetworkWatch(() => (changes += 1), () => reads.shift()?.() ?? '')
  const seen = Array.from({ length: 3 }, () => (watch.look(), changes))
  expect(seen).toEqual([0, 0, 1])
})
