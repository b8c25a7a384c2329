import { ClusterNameSchema, ErrorCodeSchema, HostIdSchema, JsonSchema } from '@drover/protocol'
import * as z from 'zod'

const undone = z.enum(['nothing-to-undo', 'undone', 'undo-failed', 'irreversible'])
const failure = { code: ErrorCodeSchema, message: z.string(), evidence: z.string() }
const elapsedMs = z.int().min(0)

/** Bodies of the records of an order's journal by type; the number on disk is the place in {@link RECORD_TYPES}. */
export const RECORDS = {
  RECEIVED: z.strictObject({ order: z.string(), signature: z.string(), at: z.int() }),
  CHECKED: z.strictObject({ outcome: z.enum(['satisfied', 'needed', 'partial', 'blocked']), said: z.string(), code: ErrorCodeSchema.optional(), evidence: z.string().optional() }),
  APPLYING: z.strictObject({ notes: JsonSchema }),
  APPLIED: z.strictObject({ receipt: JsonSchema }),
  VERIFIED: z.strictObject({ result: JsonSchema }),
  DONE: z.strictObject({ result: JsonSchema, recovered: z.boolean(), elapsedMs }),
  FAILED: z.strictObject({ ...failure, undone, elapsedMs }),
  REFUSED: z.strictObject({ code: ErrorCodeSchema, message: z.string() }),
  UNDOING: z.strictObject(failure),
  UNDONE: z.strictObject({ undone, why: z.string() }),
  ACKED: z.strictObject({}),
  FIRED: z.strictObject({ kind: z.string(), params: JsonSchema, cluster: ClusterNameSchema, incarnation: z.int().min(1), host: HostIdSchema, at: z.int() }),
} as const

/** Name of a record type. */
export type RecordType = keyof typeof RECORDS
/** One record of an order's journal. */
export type JournalRecord = { [T in RecordType]: { readonly type: T } & (T extends 'ACKED' ? unknown : z.infer<(typeof RECORDS)[T]>) }[RecordType]
/** How an undo ended. */
export type Undone = z.infer<typeof undone>

/** Record types by their number on disk, which never changes; 0 is none. */
export const RECORD_TYPES: readonly (RecordType | null)[] = [
  null,
  'RECEIVED',
  'CHECKED',
  'APPLYING',
  'APPLIED',
  'VERIFIED',
  'DONE',
  'FAILED',
  'REFUSED',
  'UNDOING',
  'UNDONE',
  'ACKED',
  'FIRED',
]

/** The record of a type's number and its JSON body, or null where it is none. */
export const readRecord = (number: number, body: unknown): JournalRecord | null => {
  const type = RECORD_TYPES[number]
  if (type === null || type === undefined) return null
  const read = RECORDS[type].safeParse(body)
  return read.success ? ({ type, ...read.data } as JournalRecord) : null
}
