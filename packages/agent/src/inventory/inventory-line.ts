import * as z from 'zod'
import { InventorySchema } from '@drover/protocol'

/** What the inventory child prints: one line of strict JSON, sections that were read and why others were not. */
export const InventoryLineSchema = z.strictObject({
  sections: InventorySchema,
  failed: z.record(z.string().max(32), z.string().max(400)),
})
/** See {@link InventoryLineSchema}. */
export type InventoryLine = z.infer<typeof InventoryLineSchema>
