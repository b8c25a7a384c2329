import * as z from 'zod'
import { defineFact } from './define-fact.ts'

/** The text of our drop-in as it is on disk, and the keys that a later drop-in takes over (key to file). */
export const configFact = defineFact({
  schema: z.lazy(() => z.strictObject({ text: z.string().max(32_768), overridden: z.record(z.string(), z.string()) }).nullable()),
  bare: null,
})
