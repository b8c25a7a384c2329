import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { readTour } from './read-tour.ts'

const fence = (where: string): string => `text\n\n<!-- tour: ${where} -->\n\`\`\`sh tour\nline one\nline two\n\`\`\`\n\n\`\`\`sh\nnot typed\n\`\`\`\n`

it.each([
  ['on one', { on: 'one', paste: [], needsK3s: false }],
  ['on each host', { on: 'each host', paste: [], needsK3s: false }],
  ['in the repository', { on: 'in the repository', paste: [], needsK3s: false }],
  ['on one, paste on two three', { on: 'one', paste: ['two', 'three'], needsK3s: false }],
  ['on one, needs k3s', { on: 'one', paste: [], needsK3s: true }],
])('reads "%s"', (where, block) => {
  expect(readTour(fence(where))).toEqual([{ ...block, text: 'line one\nline two\n' }])
})

it('refuses a block that says no place, or none that is known', () => {
  expect(() => readTour('```sh tour\nls\n```\n')).toThrow('1 blocks are to be typed, 0 say where')
  expect(() => readTour(fence('on the moon'))).toThrow('"on the moon" says no place')
})

it('reads the page', () => {
  expect(readTour(readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8')).length).toBeGreaterThan(10)
})
