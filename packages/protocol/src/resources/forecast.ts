import * as z from 'zod'
import { ForecastIdSchema, Sha256Schema, TimeSchema } from '../ids.ts'
import { SaidSchema } from '../said.ts'

const TouchSchema = z.strictObject({ what: z.enum(['file', 'unit', 'link', 'route', 'rule', 'process', 'member', 'node']), name: z.string(), how: z.enum(['made', 'changed', 'removed']) })

/** A wait as shown: what, on whom (host names), what ends it, since when. */
export const WaitSchema = z.strictObject({
  key: z.string(),
  reason: SaidSchema,
  on: z.array(z.string()),
  endsWhen: SaidSchema,
  limitMs: z.int(),
  atLimit: z.enum(['ask', 'fail']),
  since: TimeSchema.nullable(),
}).meta({ id: 'Wait' })
/** See {@link WaitSchema}. */
export type WaitShown = z.infer<typeof WaitSchema>

/** A finding as shown. */
export const FindingSchema = z.strictObject({ level: z.enum(['fatal', 'asks', 'note']), said: SaidSchema, on: z.array(z.string()) }).meta({ id: 'Finding' })

const LineSchema = z.strictObject({
  kind: z.string(),
  host: z.string(),
  class: z.enum(['observe', 'prepare', 'disrupt', 'membership', 'destroy']),
  does: SaidSchema,
  why: SaidSchema,
  touches: z.array(TouchSchema),
  waits: z.array(WaitSchema),
  members: z.int(),
  voters: z.int(),
  tolerates: z.int(),
})

/** A stored forecast: what would be done, in phases, with reasons; approved by `hash`. */
export const ForecastSchema = z.strictObject({
  id: ForecastIdSchema,
  hash: Sha256Schema.describe('SHA-256 of the stored bytes'),
  cluster: z.string(),
  createdAt: TimeSchema,
  createdBy: z.string(),
  approvedAt: TimeSchema.nullable(),
  run: z.string().nullable(),
  quiet: z.boolean().describe('an approval would change nothing'),
  roles: z.array(z.strictObject({ host: z.string(), role: z.enum(['server', 'agent']), ip: z.string(), iface: z.string() })),
  why: z.array(SaidSchema),
  runnersUp: z.array(SaidSchema),
  phases: z.array(z.strictObject({ lines: z.array(LineSchema), waits: z.array(WaitSchema) })),
  retries: z.int(),
  removesLearner: z.boolean().describe('a server that is lost before it votes may be taken out of etcd again, so that the next one can join'),
  findings: z.array(FindingSchema),
}).meta({ id: 'Forecast' })
/** See {@link ForecastSchema}. */
export type ForecastShown = z.infer<typeof ForecastSchema>
