import { INVENTORY_SECTIONS, type SectionName } from '@drover/protocol'
import { COLLECTORS } from './collectors/index.ts'
import type { CollectorTools } from './collector.ts'
import { type InventoryLine, InventoryLineSchema } from './inventory-line.ts'

/** True for the name of a section. */
export const isSectionName = (name: string): name is SectionName => Object.hasOwn(INVENTORY_SECTIONS, name)

/** Reads the named sections one after the other (all, where none is named); a section that fails is named with its reason. */
export const collectInventory = async (names: readonly SectionName[], tools: CollectorTools): Promise<InventoryLine> => {
  const wanted = names.length > 0 ? names : (Object.keys(COLLECTORS) as SectionName[])
  const sections: Record<string, unknown> = {}
  const failed: Record<string, string> = {}
  for (const name of wanted) {
    try {
      sections[name] = INVENTORY_SECTIONS[name].parse(await COLLECTORS[name](tools))
    } catch (error) {
      failed[name] = String(error instanceof Error ? error.message : error).slice(0, 400)
    }
  }
  return InventoryLineSchema.parse({ sections, failed })
}
