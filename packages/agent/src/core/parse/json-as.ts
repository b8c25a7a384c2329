import type * as z from 'zod'

/** What a text says as JSON; null where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A text of JSON in the form of a schema; null where it has another form or is no JSON. */
export const jsonAs = <T>(schema: z.ZodType<T>, text: string): T | null => {
  const read = schema.safeParse(parseJson(text))
  return read.success ? read.data : null
}
