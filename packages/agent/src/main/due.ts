import process from 'node:process'
import { HostIdSchema, wallClockOf } from '@drover/protocol'
import { due as decide } from '../core/schedule/due.ts'
import { createRealHost } from '../host/real/real-host.ts'
import { readFired } from '../schedule/fired-file.ts'
import { readSchedules } from '../schedule/schedule-file.ts'

/** Prints what the host's schedules have due now, as one line of JSON (`due HOST-ID`); exit code 1 where they are damaged. */
export const due = async (args: readonly string[]): Promise<number> => {
  const host = createRealHost()
  const file = await readSchedules(host)
  if (file === 'damaged') return 1
  const { schedules, since } = file ?? { schedules: [], since: 0 }
  const found = decide({ schedules, since, fired: await readFired(host), now: Date.now(), host: HostIdSchema.parse(args[0]), clockOf: wallClockOf })
  process.stdout.write(`${JSON.stringify(found)}\n`)
  return 0
}
