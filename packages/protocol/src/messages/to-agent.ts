import * as z from 'zod'
import { ProbeSchema } from './probe.ts'

const base64url = z.string().regex(/^[A-Za-z0-9_-]*$/)

/** Coordinator to agent: message name to the schema of its body. */
export const TO_AGENT = {
  /** The exact bytes of an order and K_c's signature over them. */
  order: z.strictObject({ order: base64url.max(62_000), signature: base64url.length(86) }),
  /** Report facts every `everyMs` for the next `forMs`. */
  observe: z.strictObject({ everyMs: z.int().min(250).max(60_000), forMs: z.int().min(0).max(3_600_000) }),
  'inventory.refresh': z.strictObject({}),
  'logs.read': z.strictObject({
    id: z.string().max(64),
    unit: z.enum(['drover-agent', 'k3s', 'k3s-agent']),
    lines: z.int().min(1).max(1000),
  }),
  probe: ProbeSchema,
} as const
/** Name of a message to an agent. */
export type ToAgent = keyof typeof TO_AGENT
/** Body of a message to an agent. */
export type ForAgent<T extends ToAgent> = z.infer<(typeof TO_AGENT)[T]>
