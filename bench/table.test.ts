import { expect, test } from 'vitest'
import { tableOf } from './table.ts'

test('a column is as wide as its widest cell, and one that nobody uses is not there', () => {
  expect(tableOf([{ name: 'a', value: '1 MB', ratio: '2.00' }, { name: 'longer', value: '22 ms' }])).toBe('NAME    VALUE  RATIO\na       1 MB   2.00\nlonger  22 ms\n')
})
