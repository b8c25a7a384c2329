import * as z from 'zod'
import { ForecastIdSchema, HostIdSchema, RunIdSchema, TimeSchema } from '../ids.ts'
import { SaidSchema } from '../said.ts'
import { WaitSchema } from './forecast.ts'

const OrderShownSchema = z.strictObject({
  id: z.string(),
  kind: z.string(),
  host: z.string(),
  does: SaidSchema,
  attempt: z.int(),
  state: z.enum(['queued', 'sent', 'received', 'checking', 'applying', 'verifying', 'undoing', 'done', 'failed', 'refused', 'superseded']),
  detail: z.string(),
  code: z.string().nullable(),
  remedy: z.string().nullable(),
  evidence: z.string().describe('of a failed step: what was run and what came back, secrets masked; else empty'),
  createdAt: TimeSchema,
  endedAt: TimeSchema.nullable(),
})
/** An order as shown. */
export type OrderShown = z.infer<typeof OrderShownSchema>

/** A question to the drover command: which ports of a host it reaches. */
const DialSchema = z.strictObject({ id: z.string(), host: HostIdSchema, ip: z.string(), ports: z.array(z.int()) })
/** See {@link DialSchema}. */
export type DialShown = z.infer<typeof DialSchema>

/** A run as shown: where it stands, its orders so far, what it waits for now. */
export const RunSchema = z.strictObject({
  id: RunIdSchema,
  cluster: z.string(),
  forecast: ForecastIdSchema,
  state: z.enum(['running', 'waiting', 'asking', 'failed', 'cancelled', 'superseded', 'done']),
  said: SaidSchema.nullable(),
  approvedBy: z.string(),
  startedAt: TimeSchema,
  endedAt: TimeSchema.nullable(),
  planned: z.int().describe('lines of the forecast'),
  orders: z.array(OrderShownSchema),
  waits: z.array(WaitSchema),
  dials: z.array(DialSchema).describe('what the drover command that follows the run is to dial, as the only witness of new firewall rules'),
}).meta({ id: 'Run' })
/** See {@link RunSchema}. */
export type RunShown = z.infer<typeof RunSchema>
