import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema } from './ids.ts'

/**
 * What a host has promised: which cluster it belongs to, in which incarnation, and which host alone may initialise it.
 * Fsynced on the host before anything starts; a host refuses to initialise unless it is the seed of its own claim.
 */
export const ClaimSchema = z.strictObject({
  cluster: ClusterNameSchema,
  incarnation: z.int().min(1),
  seed: HostIdSchema,
})
/** See {@link ClaimSchema}. */
export type Claim = z.infer<typeof ClaimSchema>
