import type * as z from 'zod'

/**
 * A fact that an agent reads of its own host: its shape, and its value on a host on which nothing was done yet, which also
 * stands for what an older agent does not report.
 */
export type FactDefinition<T> = { readonly schema: z.ZodType<T>; readonly bare: NoInfer<T> }

/** Infers the value from the schema. */
export const defineFact = <T>(definition: FactDefinition<T>): FactDefinition<T> => Object.freeze(definition)
