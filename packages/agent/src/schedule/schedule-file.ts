import { ClusterNameSchema, DROVER, ScheduleSchema, TimeSchema } from '@drover/protocol'
import * as z from 'zod'
import type { HostReader } from '../host/host.ts'
import { readText } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'

/** Where the host keeps its schedules. */
export const SCHEDULES = absolutePath(DROVER.schedules)

const FileSchema = z.strictObject({
  version: z.literal(1),
  cluster: ClusterNameSchema,
  since: TimeSchema.describe('when they were ordered: nothing planned before is caught up'),
  schedules: z.array(ScheduleSchema).min(1),
})
/** The host's schedules, whose cluster they are of, and since when they hold. */
export type ScheduleFile = z.infer<typeof FileSchema>

/** The text of the file. */
export const renderSchedules = (file: Omit<ScheduleFile, 'version'>): string => `${JSON.stringify({ version: 1, ...file }, null, 1)}\n`

/** The host's schedules; null where there are none, `damaged` where the file cannot be read as such. */
export const readSchedules = async (host: HostReader): Promise<ScheduleFile | null | 'damaged'> => {
  const text = await readText(host, SCHEDULES)
  if (text === null) return null
  try {
    return FileSchema.parse(JSON.parse(text))
  } catch {
    return 'damaged'
  }
}
