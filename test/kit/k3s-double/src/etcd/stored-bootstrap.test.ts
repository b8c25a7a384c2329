import { expect, it } from 'vitest'
import { bootstrapRecords } from './stored-bootstrap.ts'

const number = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))])

const record = (key: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x0a, key.length]),
    Buffer.from(key),
    Buffer.from([0x10, ...number(300), 0x18, 2, 0x20, 1, 0x2a, ...number(value.length)]),
    Buffer.from(value),
  ])

it('finds every bootstrap record between other bytes, with a value longer than a page', () => {
  const long = 'salt:'.padEnd(9000, 'A')
  const bytes = Buffer.concat([Buffer.alloc(5000, 7), record('/bootstrap/0123456789ab', long), Buffer.from('/bootstrap/ is no record'), record('/bootstrap/ffffffffffff', 'x')])
  expect(bootstrapRecords(bytes)).toEqual([
    { key: '/bootstrap/0123456789ab', value: long },
    { key: '/bootstrap/ffffffffffff', value: 'x' },
  ])
})

it('takes a record without a value for an empty one', () => {
  expect(bootstrapRecords(Buffer.concat([Buffer.from([0x0a, 23]), Buffer.from('/bootstrap/0123456789ab'), Buffer.from([0x10, 2])]))).toEqual([{ key: '/bootstrap/0123456789ab', value: '' }])
})
