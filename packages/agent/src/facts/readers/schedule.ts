import { schedulesText } from '@drover/protocol'
import { readFired } from '../../schedule/fired-file.ts'
import { readSchedules } from '../../schedule/schedule-file.ts'
import type { FactReader } from './reader.ts'

/** The schedules that the host keeps and what they fired last; a damaged file is no schedule, so it is written anew. */
export const readSchedule: FactReader<'schedule'> = async (host) => {
  const file = await readSchedules(host)
  if (file === null || file === 'damaged') return null
  const names = new Set(file.schedules.map(({ name }) => name))
  const fired = Object.entries(await readFired(host)).filter(([name]) => names.has(name))
  return { text: schedulesText(file.schedules) ?? '', fired: Object.fromEntries(fired) }
}
