import * as z from 'zod'
import { blobText, bytesText } from './bytes-text.ts'

/** An order on the wire: its exact JSON bytes and the coordinator's signature under the order domain. */
export const signedOrderSchema = z.strictObject({ order: blobText(46_500), signature: bytesText(64) })
/** See `signedOrderSchema`. */
export type SignedOrderText = z.infer<typeof signedOrderSchema>

/** What a sealed secret is bound to; it must equal the order that carries it. `notAfter` in ms since 1970. */
export const sealContextSchema = z.strictObject({
  purpose: z.string().min(1).max(128),
  clusterId: z.string().max(128),
  nodeId: z.string().max(128),
  orderId: z.string().max(128),
  notAfter: z.int().min(0),
  sealSerial: z.int().min(0),
})
/** See `sealContextSchema`. */
export type SealContext = z.infer<typeof sealContextSchema>

/** Largest secret that may be sealed, in bytes. */
export const MAX_SEALED_SECRET = 16_384
