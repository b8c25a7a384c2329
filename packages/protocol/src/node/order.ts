import type * as z from 'zod'
import { DOMAINS } from '../wire/domains.ts'
import type { SignedOrderText } from '../wire/signed-bytes.ts'
import { fromText, toText } from './bytes.ts'
import { readJsonAs } from './json-bytes.ts'
import { sign, verify, type SigningKey, type VerifyKey } from './sign.ts'

/** An order that was verified and read; `bytes` and `signature` are what a journal keeps. */
export type OpenedOrder<T> =
  | { ok: true; order: T; bytes: Uint8Array; signature: Uint8Array }
  | { ok: false; reason: 'encoding' | 'signature' | 'content' }

/** Signs an order's exact bytes under the order domain and puts both into their wire form. */
export const signOrder = (bytes: Uint8Array, key: SigningKey): SignedOrderText => ({
  order: toText(bytes),
  signature: toText(sign(DOMAINS.order, [bytes], key)),
})

/** Verifies an order by the coordinator's key over its exact bytes, and only then reads it by the schema. */
export const openOrder = <T>(signed: SignedOrderText, key: VerifyKey, schema: z.ZodType<T>): OpenedOrder<T> => {
  const bytes = fromText(signed.order)
  const signature = fromText(signed.signature)
  if (bytes === null || signature === null) return { ok: false, reason: 'encoding' }
  if (!verify(DOMAINS.order, [bytes], { signature, key })) return { ok: false, reason: 'signature' }
  const read = readJsonAs(schema, bytes)
  return read.ok ? { ok: true, order: read.value, bytes, signature } : { ok: false, reason: 'content' }
}
