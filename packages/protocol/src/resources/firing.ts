import * as z from 'zod'
import { ClusterNameSchema, TimeSchema } from '../ids.ts'
import { ScheduleNameSchema } from '../schedule/schedule.ts'
import { SnapshotNameSchema } from '../snapshot.ts'

/** One planned time of a schedule on a host: what became of it, or that it is the next. */
export const FiringShownSchema = z.strictObject({
  cluster: ClusterNameSchema,
  host: z.string(),
  schedule: ScheduleNameSchema,
  planned: TimeSchema,
  state: z.enum(['due', 'done', 'failed', 'refused']).describe('due: the next planned time; failed: also where it is tried again'),
  attempts: z.int().min(0).describe('how often it was tried'),
  endedAt: TimeSchema.nullable().describe("when the last try ended: that of a snapshot by the host's clock, else when the coordinator was told"),
  snapshot: SnapshotNameSchema.describe('the name of what it makes'),
  message: z.string().nullable().describe('why the last try took no snapshot'),
}).meta({ id: 'Firing' })
/** See {@link FiringShownSchema}. */
export type FiringShown = z.infer<typeof FiringShownSchema>
