import { sign as signNative, verify as verifyNative, type KeyObject } from 'node:crypto'
import type { Domain } from '../wire/domains.ts'
import { SIGNATURE_LENGTH } from '../wire/frame-head.ts'
import { concat, utf8 } from './bytes.ts'
import { privateKeyObject, publicKeyObject, rawPublicKey, signKeyFault } from './points.ts'

/** An Ed25519 key that can sign; `publicKey` is its raw 32-byte public half. */
export type SigningKey = { readonly publicKey: Uint8Array; readonly key: KeyObject }

/** A checked Ed25519 public key; `publicKey` is its raw 32 bytes. */
export type VerifyKey = { readonly publicKey: Uint8Array; readonly key: KeyObject }

/** A signing key from its raw 32-byte seed (RFC 8032); throws RangeError for any other length. */
export const signingKey = (seed: Uint8Array): SigningKey => {
  if (seed.length !== 32) throw new RangeError('an Ed25519 seed has 32 bytes')
  const key = privateKeyObject('ed25519', seed)
  return { publicKey: rawPublicKey(key), key }
}

/** A public key to verify with, or null where the point is malformed, non-canonical or of small order. */
export const verifyKey = (raw: Uint8Array): VerifyKey | null =>
  signKeyFault(raw) === null ? { publicKey: new Uint8Array(raw), key: publicKeyObject('ed25519', raw) } : null

/** Ed25519 signature, 64 bytes, over domain, a zero byte and the parts. */
export const sign = (domain: Domain, parts: readonly Uint8Array[], key: SigningKey): Uint8Array =>
  new Uint8Array(signNative(null, signedInput(domain, parts), key.key))

/** A signature and the key it should be by. */
export type SignedBy = { signature: Uint8Array; key: VerifyKey | SigningKey }

/** Whether the signature holds over domain, a zero byte and the parts; false for any signature of another length. */
export const verify = (domain: Domain, parts: readonly Uint8Array[], by: SignedBy): boolean => {
  if (by.signature.length !== SIGNATURE_LENGTH) return false
  return verifyNative(null, signedInput(domain, parts), publicHalf(by.key), by.signature)
}

/** The exact bytes that a signature covers. */
export const signedInput = (domain: Domain, parts: readonly Uint8Array[]): Uint8Array =>
  concat([utf8(`${domain}\0`), ...parts])

const publicHalf = (key: VerifyKey | SigningKey): KeyObject =>
  key.key.type === 'public' ? key.key : publicKeyObject('ed25519', key.publicKey)
