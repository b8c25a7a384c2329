import * as z from 'zod'
import { ErrorCodeSchema } from '../errors.ts'
import { OrderIdSchema } from '../ids.ts'
import { JsonSchema } from '../json.ts'

const base = { order: OrderIdSchema, attempt: z.int().min(1) }
const detail = z.string().max(2000)

/** How an order stands on its host; the agent repeats it until it is acknowledged. Ended states are final. */
export const OrderReportSchema = z.discriminatedUnion('state', [
  z.strictObject({ ...base, state: z.literal('received') }),
  z.strictObject({ ...base, state: z.literal('progress'), phase: z.enum(['checking', 'applying', 'verifying', 'undoing']), detail, elapsedMs: z.int() }),
  z.strictObject({ ...base, state: z.literal('done'), result: JsonSchema, recovered: z.boolean(), elapsedMs: z.int() }),
  z.strictObject({
    ...base,
    state: z.literal('failed'),
    code: ErrorCodeSchema,
    message: detail,
    evidence: z.string().max(8000).describe('what was run and what came back, secrets masked'),
    undone: z.enum(['nothing-to-undo', 'undone', 'undo-failed', 'irreversible']),
    elapsedMs: z.int(),
  }),
  z.strictObject({ ...base, state: z.literal('refused'), code: ErrorCodeSchema, message: detail }),
])
/** See {@link OrderReportSchema}. */
export type OrderReport = z.infer<typeof OrderReportSchema>
