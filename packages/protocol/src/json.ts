import * as z from 'zod'

/** Anything JSON can hold, without floats that are not integers where the wire is concerned. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Accepts any JSON value. */
export const JsonSchema: z.ZodType<Json> = z.json() as z.ZodType<Json>

/** JSON with sorted keys and no blanks: the same value always gives the same text (RFC 8785 for integers and strings). */
export const canonicalJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value as { [key: string]: Json })
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`
}
