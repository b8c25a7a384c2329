import * as z from 'zod'
import { TimeSchema } from '../ids.ts'
import { ScheduleNameSchema } from '../schedule/schedule.ts'
import { defineViewedFact } from './define-fact.ts'

const ScheduleFactSchema = z.lazy(() => z.strictObject({
  text: z.string().max(8192).describe('its schedules as canonical JSON'),
  fired: z.record(ScheduleNameSchema, TimeSchema).describe('the planned time that each schedule fired last'),
}))

/** The schedules that the host keeps; rules see their text alone. */
export const scheduleFact = defineViewedFact({ schema: ScheduleFactSchema.nullable(), bare: null, view: (told): string | null => told?.text ?? null })
