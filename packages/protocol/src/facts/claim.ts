import { ClaimSchema } from '../claim.ts'
import { defineFact } from './define-fact.ts'

/** The cluster that this host has promised itself to. */
export const claimFact = defineFact({ schema: ClaimSchema.nullable(), bare: null })
