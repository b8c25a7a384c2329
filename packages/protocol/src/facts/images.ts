import * as z from 'zod'
import { Sha256Schema } from '../ids.ts'
import { defineFact } from './define-fact.ts'

/** Air-gap image archives in k3s's images folder, name to SHA-256. */
export const imagesFact = defineFact({ schema: z.lazy(() => z.record(z.string().max(128), Sha256Schema)), bare: {} })
