import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { checkedSnapshot, storedEntries } from './stored-entries.ts'

it('takes a snapshot only with the sum of its bytes behind it', () => {
  const database = Buffer.alloc(1024, 7)
  const whole = Buffer.concat([database, createHash('sha256').update(database).digest()])
  expect(checkedSnapshot(whole).equals(database)).toBe(true)
  expect(() => checkedSnapshot(database)).toThrow('snapshot missing hash')
  whole[5] = 8
  expect(() => checkedSnapshot(whole)).toThrow('expected sha256')
})

it('refuses what is no database', () => {
  expect(() => storedEntries(Buffer.alloc(16_384))).toThrow('invalid database')
})
