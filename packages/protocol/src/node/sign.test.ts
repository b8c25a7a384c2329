import { describe, expect, it } from 'vitest'
import nacl from 'tweetnacl'
import { DOMAINS, type Domain } from '../wire/domains.ts'
import { utf8 } from './bytes.ts'
import { generateSigningPair } from './keys.ts'
import { sign, signedInput, signingKey, verify, verifyKey } from './sign.ts'

const domains: readonly Domain[] = Object.values(DOMAINS)
const seed = new Uint8Array(32).map((_, at) => at)
const key = signingKey(seed)
const message = [utf8('the same bytes'), new Uint8Array([0, 255])]

describe('a signature', () => {
  it.each(domains)('made under "%s" fails under every other domain', (domain) => {
    const signature = sign(domain, message, key)
    const holds = domains.filter((other) => verify(other, message, { signature, key }))
    expect(holds).toEqual([domain])
  })

  it('covers its parts and not their borders alone', () => {
    const signature = sign(DOMAINS.order, message, key)
    expect(verify(DOMAINS.order, [utf8('the same byte')], { signature, key })).toBe(false)
    expect(verify(DOMAINS.order, message, { signature: signature.subarray(0, 63), key })).toBe(false)
    expect(verify(DOMAINS.order, message, { signature: new Uint8Array(64), key })).toBe(false)
  })

  it('no domain is the beginning of another, so that domain and bytes never run into each other', () => {
    const starts = domains.map((domain) => `${domain}\0`)
    for (const one of starts) expect(starts.filter((other) => other.startsWith(one))).toEqual([one])
  })
})

describe('node:crypto and tweetnacl', () => {
  it('make the same keys and the same signatures, and each verifies the other', () => {
    for (let round = 0; round < 20; round += 1) {
      const pair = round === 0 ? { secret: seed, publicKey: key.publicKey } : generateSigningPair()
      const native = signingKey(pair.secret)
      const other = nacl.sign.keyPair.fromSeed(pair.secret)
      expect(other.publicKey).toEqual(native.publicKey)
      const input = signedInput(DOMAINS.accept, [nacl.randomBytes(round * 97)])
      const signature = nacl.sign.detached(input, other.secretKey)
      const rest = [input.subarray(utf8(`${DOMAINS.accept}\0`).length)]
      expect(sign(DOMAINS.accept, rest, native)).toEqual(signature)
      expect(verify(DOMAINS.accept, rest, { signature, key: native })).toBe(true)
      expect(nacl.sign.detached.verify(input, sign(DOMAINS.accept, rest, native), native.publicKey)).toBe(true)
    }
  }, 20_000)

  it('part on a malleated signature: only tweetnacl takes S + L, so nothing here is verified by it', () => {
    const signature = malleated(sign(DOMAINS.order, message, key))
    expect(nacl.sign.detached.verify(signedInput(DOMAINS.order, message), signature, key.publicKey)).toBe(true)
    expect(verify(DOMAINS.order, message, { signature, key })).toBe(false)
  })
})

it('a key that is not a good point is no key to verify with', () => {
  expect(verifyKey(new Uint8Array(32))).toBeNull()
  expect(verifyKey(new Uint8Array(31).fill(3))).toBeNull()
  expect(verifyKey(key.publicKey)?.publicKey).toEqual(key.publicKey)
  expect(() => signingKey(new Uint8Array(33))).toThrow(RangeError)
})

/** The same signature with the group's order added to S: another encoding of the same number. */
const malleated = (signature: Uint8Array): Uint8Array => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const littleEndian = Buffer.from(signature.subarray(32)).reverse().toString('hex')
  const sum = (BigInt(`0x${littleEndian}`) + order).toString(16).padStart(64, '0')
  const changed = new Uint8Array(signature)
  changed.set(Buffer.from(sum, 'hex').reverse(), 32)
  return changed
}
