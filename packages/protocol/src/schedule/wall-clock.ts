import type { WallClock } from './planned-times.ts'

const FIELDS = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const

/**
 * The clock of an IANA time zone such as `Europe/Berlin`, or null where there is no such zone. It brings tables of 8 MB into
 * a process: the resident agent leaves it to a child.
 */
export const wallClockOf = (timeZone: string): WallClock | null => {
  const format = formatOf(timeZone)
  if (format === null) return null
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }): [string, number] => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((at % 1000) + 1000) % 1000)
  }
}

const formatOf = (timeZone: string): Intl.DateTimeFormat | null => {
  try {
    return new Intl.DateTimeFormat('en-US', { ...FIELDS, timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' })
  } catch {
    return null
  }
}
