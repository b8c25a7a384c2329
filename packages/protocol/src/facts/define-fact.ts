import type * as z from 'zod'
import type { Frozen } from '../frozen.ts'

/**
 * A fact that an agent reads of its own host: its shape as it is told, its value on a host on which nothing was done yet
 * (which also stands for what an older agent does not tell), and what rules see of it: only what an effect can name.
 */
export type FactDefinition<T, V> = { readonly schema: z.ZodType<T>; readonly bare: NoInfer<T>; readonly view: (told: Frozen<T>) => V }

/** A fact of which rules see all that is told. */
export const defineFact = <T>(fact: Omit<FactDefinition<T, Frozen<T>>, 'view'>): FactDefinition<T, Frozen<T>> => Object.freeze({ ...fact, view: (told) => told })

/** A fact of which rules see less than people. */
export const defineViewedFact = <T, V>(fact: FactDefinition<T, V>): FactDefinition<T, V> => Object.freeze(fact)
