import type { MessageClass } from '../wire/limits.ts'
import type { ToAgent } from './to-agent.ts'
import type { ToCoordinator } from './to-coordinator.ts'

/** Classes of the messages to the coordinator that are not `control`: their size limit and rate follow from it. */
export const MESSAGE_CLASSES: Readonly<Partial<Record<ToCoordinator, MessageClass>>> = {
  inventory: 'inventory',
  'logs.chunk': 'log',
}

/** Messages to an agent that each ask for one inventory, which then comes on top of the rate. */
export const ASKS_FOR_INVENTORY: ReadonlySet<string> = new Set<ToAgent>(['inventory.refresh'])
