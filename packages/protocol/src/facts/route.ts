import * as z from 'zod'
import { defineFact } from './define-fact.ts'

/** The IPv4 default route: `ours` where the only one is what Drover made; one that refuses (blackhole) is `real` too. */
export const routeFact = defineFact({ schema: z.enum(['real', 'ours', 'none']), bare: 'real' })
