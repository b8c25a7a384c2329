import { expect, it } from 'vitest'
import { fromBase32, toBase32 } from './base32.ts'

it('writes the RFC 4648 examples, lower-case and without padding', () => {
  const examples = { '': '', f: 'my', fo: 'mzxq', foo: 'mzxw6', foob: 'mzxw6yq', fooba: 'mzxw6ytb', foobar: 'mzxw6ytboi' }
  for (const [text, encoded] of Object.entries(examples)) {
    expect(toBase32(Buffer.from(text))).toBe(encoded)
    expect(Buffer.from(fromBase32(encoded) ?? []).toString()).toBe(text)
  }
})

it('gives back every byte array, and each has only one text', () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = new Uint8Array(length).map((_, at) => (at * 151 + length * 7) & 255)
    const text = toBase32(bytes)
    expect(fromBase32(text)).toEqual(bytes)
    const others = 'abcdefghijklmnopqrstuvwxyz234567'.split('').map((letter) => text.slice(0, -1) + letter).filter((other) => length > 0 && other !== text)
    for (const other of others) expect(fromBase32(other)).not.toEqual(bytes)
  }
})

it.each(['MY', 'my======', 'm', 'mzx', 'mz1q', 'mz0q', 'mz8q', 'mz q', 'mzxr', 'mé'])('refuses %s', (text) => {
  expect(fromBase32(text)).toBeNull()
})
