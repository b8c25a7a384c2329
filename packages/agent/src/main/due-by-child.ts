import process from 'node:process'
import { type HostId, ScheduleNameSchema, TimeSchema } from '@drover/protocol'
import * as z from 'zod'
import type { Due } from '../core/schedule/due.ts'
import { runProgram } from '../host/real/exec.ts'

const LIMIT_MS = 30_000

const DueSchema = z.strictObject({
  fire: z.array(z.strictObject({ name: ScheduleNameSchema, at: TimeSchema })),
  pass: z.record(ScheduleNameSchema, TimeSchema),
  nextAt: TimeSchema.nullable(),
})

/** Has a short-lived child (the file `program`) say what is due: it brings the tables of time zones, and takes them along. */
export const createDueByChild = (program: string, hostId: HostId) => async (): Promise<Due> => {
  const ran = await runProgram({ file: process.execPath, args: [program, 'due', hostId], timeoutMs: LIMIT_MS })
  if (ran.code !== 0) throw new Error(`what is due could not be asked: ${ran.stderr.trim().slice(0, 400)}`)
  return DueSchema.parse(JSON.parse(ran.stdout))
}
