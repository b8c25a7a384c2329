import * as z from 'zod'
import { Sha256Schema } from '../ids.ts'
import { defineFact } from './define-fact.ts'

/** `/usr/local/bin/k3s`, by what was installed and hashed; null: none. */
export const binaryFact = defineFact({
  schema: z.lazy(() => z.strictObject({ version: z.string().max(64), sha256: Sha256Schema }).nullable()),
  bare: null,
})
