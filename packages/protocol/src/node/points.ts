import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { KEY_LENGTH } from '../wire/hello-layout.ts'
import { concat } from './bytes.ts'

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

/** DER that comes before a raw key: RFC 8410 SubjectPublicKeyInfo and PKCS#8, Ed25519 then X25519. */
const DER = {
  ed25519: { pub: fromHex('302a300506032b6570032100'), priv: fromHex('302e020100300506032b657004220420') },
  x25519: { pub: fromHex('302a300506032b656e032100'), priv: fromHex('302e020100300506032b656e04220420') },
} as const

/** The two curves in use. */
export type Curve = keyof typeof DER

/** A raw 32-byte public key as a key object; says nothing about whether the point is a good one. */
export const publicKeyObject = (curve: Curve, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(concat([DER[curve].pub, raw])), format: 'der', type: 'spki' })

/** A raw 32-byte seed or scalar as a private key object. */
export const privateKeyObject = (curve: Curve, raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(concat([DER[curve].priv, raw])), format: 'der', type: 'pkcs8' })

/** The raw 32 bytes of a public key object, or of the public half of a private one. */
export const rawPublicKey = (key: KeyObject): Uint8Array => {
  const half = key.type === 'private' ? createPublicKey(key) : key
  return new Uint8Array(half.export({ format: 'der', type: 'spki' }).subarray(-KEY_LENGTH))
}

/** The raw 32-byte seed or scalar of a private key object. */
export const rawPrivateKey = (key: KeyObject): Uint8Array =>
  new Uint8Array(key.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_LENGTH))

/**
 * The 14 encodings of Ed25519 points of small order (orders 1, 2, 4, 8; canonical and not): a signature that
 * verifies under one of them verifies for any message.
 */
export const SMALL_ORDER_ENCODINGS: readonly string[] = [
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  `${'00'.repeat(31)}80`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  `01${'00'.repeat(30)}80`,
  `ec${'ff'.repeat(31)}`,
  `ed${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(31)}`,
  `ee${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(31)}`,
]

/** Why a public key is not taken. */
export type KeyFault = 'length' | 'non-canonical' | 'small-order'

/** What is wrong with an Ed25519 public key, or null: 32 bytes, y below 2^255-19, not of small order. */
export const signKeyFault = (raw: Uint8Array): KeyFault | null => {
  if (raw.length !== KEY_LENGTH) return 'length'
  if (SMALL_ORDER_ENCODINGS.includes(Buffer.from(raw).toString('hex'))) return 'small-order'
  return isBelowPrime(raw) ? null : 'non-canonical'
}

/** What is wrong with an X25519 public key, or null: a trial exchange must not give the all-zero secret. */
export const sealKeyFault = (raw: Uint8Array): KeyFault | null => {
  if (raw.length !== KEY_LENGTH) return 'length'
  if (((raw[31] ?? 0) & 0x80) !== 0 || !isBelowPrime(raw)) return 'non-canonical'
  try {
    diffieHellman({ privateKey: generateKeyPairSync('x25519').privateKey, publicKey: publicKeyObject('x25519', raw) })
    return null
  } catch {
    return 'small-order'
  }
}

/** Whether the low 255 bits, little endian, are below 2^255-19. */
const isBelowPrime = (raw: Uint8Array): boolean => {
  const high = (raw[31] ?? 0) & 0x7f
  if (high !== 0x7f || raw.subarray(1, 31).some((byte) => byte !== 0xff)) return true
  return (raw[0] ?? 0) < 0xed
}
