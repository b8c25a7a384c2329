import * as z from 'zod'
import { INVENTORY_SECTIONS, InventorySchema } from '../inventory/index.ts'
import { HostFactsMessageSchema } from './facts.ts'
import { NodesMessageSchema } from './nodes.ts'
import { OrderReportSchema } from './order-report.ts'
import { ProbedSchema } from './probe.ts'

const ages = Object.fromEntries(Object.keys(INVENTORY_SECTIONS).map((name) => [name, z.int().min(0).optional()]))

/** Agent to coordinator: message name to the schema of its body. */
export const TO_COORDINATOR = {
  heartbeat: z.strictObject({ uptimeS: z.int().min(0), wallTime: z.int(), openOrders: z.int().min(0) }),
  facts: HostFactsMessageSchema,
  nodes: NodesMessageSchema,
  inventory: z.strictObject({ ageMs: z.strictObject(ages), sections: InventorySchema }),
  report: OrderReportSchema,
  'logs.chunk': z.strictObject({ re: z.string().max(64), lines: z.array(z.string().max(4096)).max(1000), end: z.boolean() }),
  probed: ProbedSchema,
} as const
/** Name of a message from an agent. */
export type ToCoordinator = keyof typeof TO_COORDINATOR
/** Body of a message from an agent. */
export type FromAgent<T extends ToCoordinator> = z.infer<(typeof TO_COORDINATOR)[T]>
