import type * as z from 'zod'
import { parseStrictJson } from '../strict-json.ts'
import { fromUtf8, utf8 } from './bytes.ts'

/** A value read from bytes, or a short reason that never echoes them. */
export type JsonResult<T> = { ok: true; value: T } | { ok: false; reason: string }

/**
 * UTF-8 bytes of a value's JSON; these bytes are what gets signed and stored, nothing is written twice. Half a character,
 * which a text that was cut may end with and no peer reads, becomes U+FFFD.
 */
export const jsonBytes = (value: unknown): Uint8Array => {
  const text = JSON.stringify(value)
  return utf8(HALF.test(text) ? JSON.stringify(value, whole) : text)
}

/** JSON.stringify writes a lone surrogate, and nothing else, as such an escape. */
const HALF = /\\ud[89a-f]/
const whole = (_key: string, value: unknown): unknown => (typeof value === 'string' ? value.toWellFormed() : value)

/** Reads strict JSON from UTF-8 bytes. */
export const readJson = (bytes: Uint8Array): JsonResult<unknown> => {
  const text = fromUtf8(bytes)
  if (text === null) return { ok: false, reason: 'not UTF-8' }
  const parsed = parseStrictJson(text)
  return parsed.ok ? parsed : { ok: false, reason: `json ${parsed.reason} at ${String(parsed.at)}` }
}

/** Reads strict JSON from UTF-8 bytes and checks it against a schema; the reason names the path only. */
export const readJsonAs = <T>(schema: z.ZodType<T>, bytes: Uint8Array): JsonResult<T> => {
  const read = readJson(bytes)
  if (!read.ok) return read
  const checked = schema.safeParse(read.value)
  if (checked.success) return { ok: true, value: checked.data }
  return { ok: false, reason: `shape at ${checked.error.issues[0]?.path.join('.') ?? ''}` }
}
