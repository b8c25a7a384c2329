import { createHash, generateKeyPairSync } from 'node:crypto'
import type { HostId } from '../ids.ts'
import { KEY_LENGTH } from '../wire/hello-layout.ts'
import { fromBase32, toBase32 } from './base32.ts'
import { CHECKSUM_LENGTH, checksum } from './checksum.ts'
import { rawPrivateKey, rawPublicKey, signKeyFault } from './points.ts'

/** A raw key pair: `secret` is the Ed25519 seed or the X25519 scalar, both halves 32 bytes. */
export type RawKeyPair = { readonly publicKey: Uint8Array; readonly secret: Uint8Array }

/** A fresh Ed25519 pair for signing. */
export const generateSigningPair = (): RawKeyPair => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: rawPublicKey(privateKey), secret: rawPrivateKey(privateKey) }
}

/** A fresh X25519 pair that secrets are sealed to. */
export const generateSealPair = (): RawKeyPair => {
  const { privateKey } = generateKeyPairSync('x25519')
  return { publicKey: rawPublicKey(privateKey), secret: rawPrivateKey(privateKey) }
}

const PREFIX = 'drvk1_'
const BODY_LENGTH = 52

/** A public signing key as text: `drvk1_`, 52 base32 characters and a checksum of four. */
export const keyText = (raw: Uint8Array): string => {
  const body = `${PREFIX}${toBase32(raw)}`
  return body + checksum(body)
}

/** The raw key of such a text, or null where the text is not exactly right or the key is not a good point. */
export const parseKeyText = (text: string): Uint8Array | null => {
  const end = PREFIX.length + BODY_LENGTH
  if (text.length !== end + CHECKSUM_LENGTH || !text.startsWith(PREFIX)) return null
  if (checksum(text.slice(0, end)) !== text.slice(end)) return null
  const raw = fromBase32(text.slice(PREFIX.length, end))
  return raw !== null && raw.length === KEY_LENGTH && signKeyFault(raw) === null ? raw : null
}

/** The short form shown to people: four groups of four hex digits of the raw key's SHA-256. */
export const keyFingerprint = (raw: Uint8Array): string => {
  const hex = createHash('sha256').update(raw).digest('hex').slice(0, 16)
  return (hex.match(/.{4}/g) ?? []).join('-')
}

/** A host's id: `h-` and the first 16 base32 characters of its signing key's SHA-256. */
export const hostIdOf = (raw: Uint8Array): HostId =>
  `h-${toBase32(createHash('sha256').update(raw).digest()).slice(0, 16)}` as HostId
