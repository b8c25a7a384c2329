import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { blobText } from '../wire/bytes-text.ts'
import { MAX_SEALED_SECRET, sealContextSchema, type SealContext } from '../wire/signed-bytes.ts'
import { concat, equalBytes, fromText, toText, utf8 } from './bytes.ts'
import { jsonBytes, readJsonAs } from './json-bytes.ts'
import { pad, unpad } from './padding.ts'
import { sealKeyFault } from './points.ts'

const KEY = 32
const NONCE = 24
const insideSchema = z.strictObject({ ctx: sealContextSchema, secret: z.union([z.literal(''), blobText(MAX_SEALED_SECRET)]) })

/** A secret that was opened, or why not. */
export type OpenedSeal = { ok: true; secret: Uint8Array } | { ok: false; reason: 'malformed' | 'not-for-this-key' | 'context' }

/**
 * Seals a secret of up to 16 KiB to an X25519 key: ephemeral key 32, nonce 24, `nacl.box` of context and secret,
 * padded. Throws RangeError for a secret too long or a key that is not safe to seal to.
 */
export const sealSecret = async (secret: Uint8Array, ctx: SealContext, recipient: Uint8Array): Promise<Uint8Array> => {
  if (secret.length > MAX_SEALED_SECRET) throw new RangeError('secret too long to seal')
  if (sealKeyFault(recipient) !== null) throw new RangeError('not a key to seal to')
  const { box } = await loadNacl()
  const ephemeral = box.keyPair()
  const nonce = new Uint8Array(randomBytes(NONCE))
  const inside = pad(jsonBytes({ ctx: orderedContext(ctx), secret: toText(secret) }))
  const sealed = concat([ephemeral.publicKey, nonce, box(inside, nonce, recipient, ephemeral.secretKey)])
  ephemeral.secretKey.fill(0)
  return sealed
}

/** Opens a sealed secret and refuses it unless its context equals the expected one in every field. */
export const openSealed = async (sealed: Uint8Array, ctx: SealContext, secretKey: Uint8Array): Promise<OpenedSeal> => {
  const from = sealed.subarray(0, KEY)
  if (sealed.length < KEY + NONCE + 16 || sealKeyFault(from) !== null) return { ok: false, reason: 'malformed' }
  const { box } = await loadNacl()
  const padded = box.open(sealed.subarray(KEY + NONCE), sealed.subarray(KEY, KEY + NONCE), from, secretKey)
  if (padded === null) return { ok: false, reason: 'not-for-this-key' }
  const inside = readInside(padded)
  if (inside === null) return { ok: false, reason: 'malformed' }
  const isSame = equalBytes(jsonBytes(orderedContext(inside.ctx)), jsonBytes(orderedContext(ctx)))
  return isSame ? { ok: true, secret: inside.secret } : { ok: false, reason: 'context' }
}

const readInside = (padded: Uint8Array): { ctx: SealContext; secret: Uint8Array } | null => {
  const bytes = unpad(padded)
  const read = bytes === null ? null : readJsonAs(insideSchema, bytes)
  if (read?.ok !== true) return null
  const secret = fromText(read.value.secret)
  return secret === null ? null : { ctx: read.value.ctx, secret }
}

/** Encrypts a secret for storage under a 32-byte key: nonce 24, `nacl.secretbox` of row id and secret. */
export const boxAtRest = async (secret: Uint8Array, rowId: string, key: Uint8Array): Promise<Uint8Array> => {
  const { secretbox } = await loadNacl()
  const nonce = new Uint8Array(randomBytes(NONCE))
  return concat([nonce, secretbox(concat([rowPrefix(rowId), secret]), nonce, key)])
}

/** The stored secret, or null where key or row id is not the one it was stored under, or a bit has changed. */
export const openAtRest = async (stored: Uint8Array, rowId: string, key: Uint8Array): Promise<Uint8Array | null> => {
  if (stored.length < NONCE + 16) return null
  const { secretbox } = await loadNacl()
  const inside = secretbox.open(stored.subarray(NONCE), stored.subarray(0, NONCE), key)
  const prefix = rowPrefix(rowId)
  if (inside === null || inside.length < prefix.length) return null
  return equalBytes(inside.subarray(0, prefix.length), prefix) ? inside.slice(prefix.length) : null
}

const rowPrefix = (rowId: string): Uint8Array => utf8(`${String(utf8(rowId).length)}:${rowId}:`)

const orderedContext = (ctx: SealContext): SealContext => ({
  purpose: ctx.purpose,
  clusterId: ctx.clusterId,
  nodeId: ctx.nodeId,
  orderId: ctx.orderId,
  notAfter: ctx.notAfter,
  sealSerial: ctx.sealSerial,
})

/** Loaded at the first use: a resident process that never seals does not pay for it. */
const loadNacl = async (): Promise<typeof import('tweetnacl')> => (await import('tweetnacl')).default
