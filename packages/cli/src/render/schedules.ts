import type { Cluster } from '@drover/protocol'
import { cleanText } from '../clean-text.ts'
import { span, table } from './table.ts'

/** What the servers of a cluster do by themselves, when they did it last and will do it next; empty where there is nothing. */
export const schedulesText = (schedules: Cluster['schedules'], now: number): string => {
  if (schedules.length === 0) return ''
  const rows = schedules.map(({ host, name, cron, timeZone, keep, offsetS, lastAt, nextAt }) => [
    host,
    name,
    `${cron} ${timeZone}${offsetS === 0 ? '' : ` + ${span(offsetS * 1000)}`}`,
    String(keep),
    lastAt === null ? 'not yet' : `${span(now - lastAt)} ago`,
    nextAt === null ? 'never' : `in ${span(nextAt + offsetS * 1000 - now)}`,
  ])
  return cleanText(`\nSchedules\n${table(['HOST', 'SCHEDULE', 'WHEN', 'KEEPS', 'LAST', 'NEXT'], rows).replaceAll(/^(?=.)/gm, '  ')}`)
}
