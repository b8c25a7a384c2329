import * as z from 'zod'
import { HardwareSectionSchema } from './hardware.ts'
import { HostStateSectionSchema } from './host-state.ts'
import { NetworkSectionSchema } from './network.ts'

/** The inventory's sections by name: the one list that collectors, wire and REST derive from. */
export const INVENTORY_SECTIONS = {
  hardware: HardwareSectionSchema,
  network: NetworkSectionSchema,
  state: HostStateSectionSchema,
} as const
/** The name of an inventory section. */
export type SectionName = keyof typeof INVENTORY_SECTIONS
/** Any part of an inventory. */
export const InventorySchema = z.strictObject({
  hardware: HardwareSectionSchema.optional(),
  network: NetworkSectionSchema.optional(),
  state: HostStateSectionSchema.optional(),
})
/** See {@link InventorySchema}. */
export type Inventory = z.infer<typeof InventorySchema>
