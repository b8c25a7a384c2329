import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema, OrderIdSchema, RequestIdSchema, RunIdSchema, Sha256Schema, TimeSchema } from './ids.ts'
import { JsonSchema } from './json.ts'
import { isStepKind, STEPS, type StepKind, type StepParams } from './steps/index.ts'

/** 32 raw bytes as base64url without padding. */
export const Key32Schema = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/** One signed step for one host: its exact bytes are signed, journaled and never serialised again. */
export const OrderSchema = z.strictObject({
  id: OrderIdSchema.refine((id) => id.startsWith('ord-'), 'is of a firing, which no order may be'),
  run: RunIdSchema.nullable(),
  request: RequestIdSchema.nullable(),
  cluster: ClusterNameSchema,
  audience: HostIdSchema,
  kind: z.string().max(64),
  params: JsonSchema,
  incarnation: z.int().min(1),
  epoch: z.int().min(1),
  fence: z.strictObject({ resource: z.string().max(128), value: z.int().min(1) }),
  attempt: z.int().min(1),
  createdAt: TimeSchema,
  notAfter: TimeSchema,
  ttlMs: z.int().min(1).max(7_200_000),
  forecast: Sha256Schema.nullable(),
  requestedBy: z.string().max(128),
  sealed: z.record(z.string().max(64), z.string().max(24_000)).describe('secret name to base64url of the sealed blob'),
  answerTo: Key32Schema.nullable().describe('X25519 key that a secret result is sealed to'),
})
/** See {@link OrderSchema}. */
export type Order = z.infer<typeof OrderSchema>

/** An order whose kind is known and whose params have been validated. */
export type TypedOrder<K extends StepKind = StepKind> = { [S in K]: Omit<Order, 'kind' | 'params'> & { kind: S; params: StepParams<S> } }[K]

/** Validates kind and params against the catalogue; null where the kind is unknown or the params are not of its schema. */
export const typeOrder = (order: Order): TypedOrder | null => {
  if (!isStepKind(order.kind)) return null
  const params = STEPS[order.kind].params.safeParse(order.params)
  return params.success ? ({ ...order, params: params.data } as TypedOrder) : null
}
