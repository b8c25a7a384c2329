import { expect, it } from 'vitest'
import { toBase32 } from './base32.ts'
import { checksum } from './checksum.ts'
import { generateSigningPair, hostIdOf, keyFingerprint, keyText, parseKeyText } from './keys.ts'
import { signingKey } from './sign.ts'

const raw = signingKey(new Uint8Array(32).fill(5)).publicKey

it('a key in text form is read back, and has a short form for people', () => {
  const text = keyText(raw)
  expect(text).toMatch(/^drvk1_[a-z2-7]{56}$/)
  expect(parseKeyText(text)).toEqual(raw)
  expect(keyFingerprint(raw)).toMatch(/^[0-9a-f]{4}(-[0-9a-f]{4}){3}$/)
  expect(hostIdOf(raw)).toMatch(/^h-[a-z2-7]{16}$/)
})

it('every change of one character is noticed', () => {
  const text = keyText(raw)
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'.split('')
  const changed = text.split('').flatMap((_, at) => letters.map((letter) => text.slice(0, at) + letter + text.slice(at + 1)))
  expect(changed.filter((other) => other !== text && parseKeyText(other) !== null)).toEqual([])
})

it('a text with a right checksum over a wrong key is refused', () => {
  const small = `drvk1_${toBase32(new Uint8Array(32))}`
  expect(parseKeyText(small + checksum(small))).toBeNull()
  const short = `drvk1_${toBase32(raw.subarray(0, 31))}`
  expect(parseKeyText(short + checksum(short))).toBeNull()
  const loose = `drvk1_${toBase32(raw).slice(0, -1)}${toBase32(raw).endsWith('a') ? 'b' : 'r'}`
  expect(parseKeyText(loose + checksum(loose))).toBeNull()
  expect(parseKeyText('')).toBeNull()
  expect(parseKeyText(`${keyText(raw)}\n`)).toBeNull()
})

it('two keys are never the same', () => {
  expect(generateSigningPair().secret).not.toEqual(generateSigningPair().secret)
})
