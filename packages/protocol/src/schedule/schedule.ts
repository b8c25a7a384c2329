import * as z from 'zod'
import { canonicalJson, type Json } from '../json.ts'
import { DatastoreSchema } from '../datastore.ts'
import { parseCron } from './cron.ts'

/** Name of a schedule: it becomes part of the names of what it makes. */
export const ScheduleNameSchema = z.string().regex(/^[a-z](?:[a-z0-9-]{0,22}[a-z0-9])?$/, 'must be lower-case letters, digits and inner dashes, at most 24')

/** Five fields of cron: minute, hour, day of the month, month, weekday. */
export const CronSchema = z
  .string()
  .max(128)
  .refine((text) => parseCron(text) !== null, 'must be five fields of numbers, ranges, lists and steps, with a day of the month or a weekday, not both')

/** The name of a time zone; whether there is such a zone is asked where its tables are. */
export const TimeZoneSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_+-]{0,30}(?:\/[A-Za-z0-9_+-]{1,31}){0,2}$/, 'must be an IANA time zone such as UTC or Europe/Berlin')

/** What a host does again and again by itself: when, what, and how many good results stay. */
export const ScheduleSchema = z.lazy(() => z.strictObject({
  name: ScheduleNameSchema,
  cron: CronSchema,
  timeZone: TimeZoneSchema,
  offsetS: z.int().min(0).max(3600).exactOptional().describe('how much later than planned this host fires; absent: 0'),
  jitterS: z.int().min(0).max(3600).describe('longest delay; the delay of each firing follows from host and planned time'),
  kind: z.literal('snapshot.take'),
  params: z.strictObject({ datastore: DatastoreSchema }).describe('what is the same in each firing; cluster, incarnation and name come from the host'),
  keep: z.int().min(1).max(64).describe('good ones that stay on the host'),
}))
/** See {@link ScheduleSchema}. */
export type Schedule = z.infer<typeof ScheduleSchema>

/** The text by which schedules are compared; null for none. */
export const schedulesText = (schedules: readonly Schedule[]): string | null => (schedules.length === 0 ? null : canonicalJson(schedules as unknown as Json))
