import * as z from 'zod'
import type { Path } from './fault.ts'

/** The schema inside of `optional`, `default` and `prefault`; of a union the object. */
const bare = (schema: unknown): unknown => {
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => option instanceof z.ZodObject)
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? bare(schema.unwrap()) : schema
}

const below = (schema: unknown, key: PropertyKey): unknown => {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, unknown>)[key]
  return schema instanceof z.ZodArray ? schema.element : undefined
}

/** The keys that the schema has at a path; none where no object is there. */
export const keysAt = (schema: unknown, path: Path): readonly string[] => {
  const found = path.reduce<unknown>((inner, key) => bare(below(inner, key)), bare(schema))
  return found instanceof z.ZodObject ? Object.keys(found.shape) : []
}
