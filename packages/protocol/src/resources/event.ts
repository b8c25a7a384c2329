import * as z from 'zod'
import { TimeSchema } from '../ids.ts'
import { SaidSchema } from '../said.ts'

/** One thing that happened; sent as a server-sent event with `seq` as its id, so that a reader can go on after a cut. */
export const EventSchema = z.strictObject({
  seq: z.int(),
  at: TimeSchema,
  cluster: z.string().nullable(),
  host: z.string().nullable(),
  run: z.string().nullable(),
  said: SaidSchema,
}).meta({ id: 'Event' })
/** See {@link EventSchema}. */
export type Event = z.infer<typeof EventSchema>

/** Answer of GET /health. */
export const HealthSchema = z.strictObject({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  epoch: z.int(),
  hosts: z.int(),
  online: z.int(),
  database: z.enum(['ok', 'failed']),
}).meta({ id: 'Health' })
