import { verify as verifyNative } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import nacl from 'tweetnacl'
import { generateSealPair, generateSigningPair } from './keys.ts'
import { publicKeyObject, sealKeyFault, signKeyFault, SMALL_ORDER_ENCODINGS } from './points.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** The seven low-order u coordinates of RFC 7748's curve, canonical and not, as commonly listed. */
const LOW_ORDER_X25519 = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
] as const

describe('an Ed25519 public key', () => {
  it.each(SMALL_ORDER_ENCODINGS)('of small order is refused: %s', (hex) => {
    expect(signKeyFault(bytes(hex))).toBe('small-order')
  })

  it('has 14 different small-order encodings on the list', () => {
    expect(new Set(SMALL_ORDER_ENCODINGS).size).toBe(14)
  })

  it('would be forgeable: one fixed signature verifies for any message under the identity', () => {
    const identity = bytes(SMALL_ORDER_ENCODINGS[0] ?? '')
    const signature = new Uint8Array(64)
    signature[0] = 1
    expect(nacl.sign.detached.verify(new Uint8Array([1, 2, 3]), signature, identity)).toBe(true)
    expect(nacl.sign.detached.verify(new Uint8Array([4]), signature, identity)).toBe(true)
  })

  it.each([0, 31, 33, 64])('of %i bytes is refused', (length) => {
    expect(signKeyFault(new Uint8Array(length).fill(9))).toBe('length')
  })

  it('that is not canonical is refused, for every y from p to 2^255-1', () => {
    for (let low = 0xed; low <= 0xff; low += 1) {
      for (const sign of ['7f', 'ff']) {
        const fault = signKeyFault(bytes(`${low.toString(16)}${'ff'.repeat(30)}${sign}`))
        expect(fault === 'non-canonical' || fault === 'small-order').toBe(true)
      }
    }
    // p - 1 is canonical (and of small order); p - 2 is canonical and nothing else is wrong with it.
    expect(signKeyFault(bytes(`eb${'ff'.repeat(30)}7f`))).toBeNull()
  })

  it('that was generated is taken', () => {
    for (let round = 0; round < 50; round += 1) expect(signKeyFault(generateSigningPair().publicKey)).toBeNull()
  })
})

describe('an X25519 public key', () => {
  it.each(LOW_ORDER_X25519)('of low order is refused: %s', (hex) => {
    expect(sealKeyFault(bytes(hex))).not.toBeNull()
  })

  it('of all zeros would give everybody the same shared key in tweetnacl', () => {
    const zero = new Uint8Array(32)
    expect(nacl.box.before(zero, nacl.randomBytes(32))).toEqual(nacl.box.before(zero, nacl.randomBytes(32)))
    expect(sealKeyFault(zero)).toBe('small-order')
  })

  it('of another length or with the top bit set is refused', () => {
    const good = generateSealPair().publicKey
    expect(sealKeyFault(good)).toBeNull()
    expect(sealKeyFault(good.subarray(1))).toBe('length')
    expect(sealKeyFault(good.map((byte, at) => (at === 31 ? byte | 0x80 : byte)))).toBe('non-canonical')
  })
})

it('an encoding that is no point on the curve verifies nothing', () => {
  const offCurve = new Uint8Array(32).fill(0)
  offCurve[0] = 2
  expect(signKeyFault(offCurve)).toBeNull()
  const signature = new Uint8Array(64)
  expect(verifyNative(null, Buffer.from('x'), publicKeyObject('ed25519', offCurve), signature)).toBe(false)
})
