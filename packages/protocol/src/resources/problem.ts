import * as z from 'zod'
import { ErrorCodeSchema } from '../errors.ts'

/** One fault at one place of a spec or body. */
export const FaultSchema = z.strictObject({
  path: z.string().describe('dotted path of the field, empty for the whole'),
  line: z.int().nullable(),
  column: z.int().nullable(),
  value: z.string().max(200).nullable().describe('what stands there, shortened'),
  reason: z.string(),
  nearest: z.string().nullable().describe('the nearest key that exists'),
})
/** See {@link FaultSchema}. */
export type Fault = z.infer<typeof FaultSchema>

/** The body of every error answer. */
export const ProblemSchema = z.strictObject({
  code: ErrorCodeSchema,
  message: z.string(),
  remedy: z.string(),
  requestId: z.string(),
  faults: z.array(FaultSchema),
}).meta({ id: 'Problem' })
/** See {@link ProblemSchema}. */
export type Problem = z.infer<typeof ProblemSchema>
