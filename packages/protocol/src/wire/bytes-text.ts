import * as z from 'zod'

const BASE64URL = /^[A-Za-z0-9_-]*$/

/** Unpadded base64url text of exactly `length` bytes; the last character's spare bits are checked by the decoder. */
export const bytesText = (length: number): z.ZodType<string> =>
  z
    .string()
    .length(Math.ceil((length * 4) / 3))
    .regex(BASE64URL)

/** Unpadded base64url text of up to `max` bytes. */
export const blobText = (max: number): z.ZodType<string> =>
  z
    .string()
    .min(2)
    .max(Math.ceil((max * 4) / 3))
    .regex(BASE64URL)

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Text: z.ZodType<string> = z.string().regex(/^[0-9a-f]{64}$/)

/** SPKI pin in curl's form: `sha256//` and padded base64 of the SHA-256 of the public key info. */
export const pinText: z.ZodType<string> = z.string().regex(/^sha256\/\/[A-Za-z0-9+/]{43}=$/)
