import { expect, it } from 'vitest'
import { caHashOf, formatToken, parseToken } from './token.ts'

const hash = caHashOf('pem')

it('reads both forms', () => {
  expect(parseToken('bare')).toEqual({ caHash: '', user: '', secret: 'bare' })
  const token = { caHash: hash, user: 'server', secret: 'a:b' }
  expect(parseToken(formatToken(token))).toEqual(token)
})

it.each([
  ['', 'token must not be empty'],
  ['K10abc::server:x', 'invalid token CA hash length'],
  [`K10${hash}::server`, 'invalid token format'],
  [`K10${hash}::server:`, 'invalid token format'],
])('refuses %j', (text, message) => {
  expect(() => parseToken(text)).toThrow(message)
})
