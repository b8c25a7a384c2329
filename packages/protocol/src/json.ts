import * as z from 'zod'

/** Anything JSON can hold, without floats that are not integers where the wire is concerned. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Accepts any JSON value. */
export const JsonSchema: z.ZodType<Json> = z.json() as z.ZodType<Json>

/** JSON with sorted keys and no blanks: the same value always gives the same text (RFC 8785 for integers and strings). */
export const canonicalJson = (value: Json): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const fields = value as { readonly [key: string]: Json }
  let text = ''
  for (const key of Object.keys(fields).toSorted()) {
    const field = fields[key]
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(field)}`
  }
  return `{${text}}`
}
