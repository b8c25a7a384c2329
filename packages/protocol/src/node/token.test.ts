import { describe, expect, it } from 'vitest'
import { checksum } from './checksum.ts'
import { makeToken, parseToken, tokenSigningKey, tokenText, type Token, type TokenFault } from './token.ts'

const token: Token = { kind: 'join', id: 'abcdefgh23', secret: new Uint8Array(32).map((_, at) => at * 5) }
const text = tokenText(token)
const secret = text.split('_')[2] ?? ''
const withSum = (body: string): string => `${body}_${checksum(body)}`
const faultOf = (input: string): TokenFault | 'ok' => {
  const result = parseToken('join', input)
  return result.ok ? 'ok' : result.fault
}

/** Numbers as in the list of hostile join tokens; those left out need a store, a socket or a file. */
const TABLE: readonly (readonly [name: string, input: string, fault: TokenFault | 'ok'])[] = [
  ['1 empty', '', 'empty'],
  ['2 whitespace', ' \t', 'empty'],
  ['2 only a newline', '\n', 'empty'],
  ['3 only the prefix', 'drvj1_', 'not-a-token'],
  ['4 an API token', tokenText({ ...token, kind: 'api' }), 'other-kind'],
  ['5 upper case', text.toUpperCase(), 'not-a-token'],
  ['6 one newline at the end', `${text}\n`, 'ok'],
  ['6 two newlines', `${text}\n\n`, 'not-a-token'],
  ['6 CR LF from a Windows paste', `${text}\r\n`, 'not-a-token'],
  ['6 a space before', ` ${text}`, 'not-a-token'],
  ['21 ten MiB', 'a'.repeat(10_485_760), 'not-a-token'],
  ['21 ten MiB behind the token', text + 'a'.repeat(10_485_760), 'not-a-token'],
  ['22 a NUL inside', `${text.slice(0, 20)}\0${text.slice(21)}`, 'not-a-token'],
  ['22 a zero-width space inside', `${text.slice(0, 20)}\u200B${text.slice(21)}`, 'not-a-token'],
  ['23 0 for o', text.replace(/.(?=.{10}$)/, '0'), 'not-a-token'],
  ['23 1 for l', text.replace(/.(?=.{10}$)/, '1'), 'not-a-token'],
  ['24 spare bits that are not zero, with a right checksum', withSum(`drvj1_${token.id}_${secret.slice(0, -1)}b`), 'checksum'],
  ['25 a k3s token', `K10${'ab'.repeat(32)}::server:0123456789abcdef`, 'k3s-token'],
  ['25 a k3s token of 1 MiB', `K10${'ab'.repeat(32)}::server:${'0'.repeat(1_048_576)}`, 'k3s-token'],
  ['25 a k3s agent token with a newline', `K10${'ab'.repeat(32)}::node:0123456789abcdef\n`, 'k3s-token'],
  ['26 a kubeadm token', 'abcdef.0123456789abcdef', 'bootstrap-token'],
  ['27 SQL as id', `drvj1_' OR 1=1--_${secret}_aaaa`, 'not-a-token'],
  ['27 a format as id', `drvj1_%s%s%s%s%s_${secret}_aaaa`, 'not-a-token'],
  ['27 HTML as id', `drvj1_<script>0_${secret}_aaaa`, 'not-a-token'],
  ['an unknown kind', withSum(`drvx1_${token.id}_${secret}`), 'other-kind'],
]

describe('a join token', () => {
  it('is read back from its text', () => {
    expect(parseToken('join', text)).toEqual({ ok: true, token })
    expect(text).toMatch(/^drvj1_abcdefgh23_[a-z2-7]{52}_[a-z2-7]{4}$/)
  })

  it.each(TABLE)('%s', (_name, input, fault) => {
    expect(faultOf(input)).toBe(fault)
  })

  it('7 with any one character changed is refused before anything is looked up', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz234567_'.split('')
    const changed = text.split('').flatMap((_, at) => letters.map((letter) => text.slice(0, at) + letter + text.slice(at + 1)))
    expect(changed.filter((other) => other !== text && faultOf(other) === 'ok')).toEqual([])
  })

  it('30 of a hundred thousand random ones of the right shape, next to none gets past the checksum', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz234567'
    let state = 99
    const next = (): string => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return letters.charAt(state >>> 27)
    }
    const some = (length: number): string => Array.from({ length }, next).join('')
    const made = Array.from({ length: 100_000 }, () => `drvj1_${some(10)}_${some(51)}a_${some(4)}`)
    expect(made.filter((input) => faultOf(input) === 'ok').length).toBeLessThanOrEqual(2)
  })

  it('of one kind is not one of the other', () => {
    expect(parseToken('api', text)).toEqual({ ok: false, fault: 'other-kind' })
    const api = makeToken('api')
    expect(parseToken('api', tokenText(api))).toEqual({ ok: true, token: api })
  })

  it('a refusal never holds what was typed', () => {
    const refusals = TABLE.map(([, input]) => parseToken('join', input)).filter((result) => !result.ok)
    expect(refusals.length).toBeGreaterThan(20)
    expect(new Set(refusals.map((refusal) => Object.keys(refusal).join(',')))).toEqual(new Set(['ok,fault']))
  })
})

it('the proving key depends on the secret alone', () => {
  expect(tokenSigningKey({ ...token, id: 'zzzzzzzzzz' }).publicKey).toEqual(tokenSigningKey(token).publicKey)
  expect(tokenSigningKey(makeToken('join')).publicKey).not.toEqual(tokenSigningKey(token).publicKey)
})

it('two tokens are never the same', () => {
  const ids = new Set(Array.from({ length: 200 }, () => makeToken('join').id))
  expect(ids.size).toBe(200)
})
