import { describe, expect, it } from 'vitest'
import { type Cron, parseCron } from './cron.ts'
import { plannedAfter, plannedBefore, type WallClock } from './planned-times.ts'
import { wallClockOf } from './wall-clock.ts'

const cronOf = (text: string): Cron => {
  const cron = parseCron(text)
  if (cron === null) throw new Error(text)
  return cron
}
const zone = (name: string): WallClock => {
  const clock = wallClockOf(name)
  if (clock === null) throw new Error(name)
  return clock
}
const shown = (at: number | null): string => (at === null ? 'never' : new Date(at).toISOString().slice(0, 16))

/** The next `count` planned instants after a moment. */
const next = (text: string, timeZone: string, about: { from: string; count: number }): readonly string[] => {
  const times: string[] = []
  let at: number | null = Date.parse(about.from)
  while (at !== null && times.length < about.count) {
    at = plannedAfter(cronOf(text), zone(timeZone), at)
    times.push(shown(at))
  }
  return times
}

describe('planned times', () => {
  it('come after and before a moment, the moment itself being before', () => {
    const [cron, utc] = [cronOf('0 */6 * * *'), zone('UTC')]
    const noon = Date.parse('2026-11-21T12:00:00Z')
    expect(shown(plannedAfter(cron, utc, noon))).toBe('2026-11-21T18:00')
    expect(shown(plannedBefore(cron, utc, noon))).toBe('2026-11-21T12:00')
    expect(shown(plannedBefore(cron, utc, noon - 1))).toBe('2026-11-21T06:00')
  })

  it('follow the clocks of their zone', () => {
    expect(next('30 3 * * *', 'Asia/Kolkata', { from: '2026-06-01T00:00:00Z', count: 1 })).toEqual(['2026-06-01T22:00'])
    expect(next('0 4 * * 1', 'America/New_York', { from: '2026-06-03T00:00:00Z', count: 1 })).toEqual(['2026-06-08T08:00'])
  })

  it('know leap days and days that never come', () => {
    expect(next('0 0 29 2 *', 'UTC', { from: '2096-03-01T00:00:00Z', count: 1 })).toEqual(['2104-02-29T00:00'])
    expect(next('0 0 30 2 *', 'UTC', { from: '2026-01-01T00:00:00Z', count: 1 })).toEqual(['never'])
    expect(shown(plannedBefore(cronOf('0 0 31 4 *'), zone('UTC'), 0))).toBe('never')
  })

  // Berlin: 29 March 2026 02:00 becomes 03:00, 25 October 2026 03:00 becomes 02:00; both at 01:00 UTC.
  it('are not lost where clocks are set forward', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', { from: '2026-03-28T00:00:00Z', count: 3 })).toEqual(['2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'])
    expect(next('30 2,3 * * *', 'Europe/Berlin', { from: '2026-03-29T00:00:00Z', count: 2 })).toEqual(['2026-03-29T01:30', '2026-03-30T00:30'])
    expect(next('30 * * * *', 'Europe/Berlin', { from: '2026-03-29T00:00:00Z', count: 3 })).toEqual(['2026-03-29T00:30', '2026-03-29T01:30', '2026-03-29T02:30'])
  })

  it('come once where clocks are set back, and each hour where they come every hour', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', { from: '2026-10-24T12:00:00Z', count: 2 })).toEqual(['2026-10-25T00:30', '2026-10-26T01:30'])
    expect(next('30 * * * *', 'Europe/Berlin', { from: '2026-10-24T23:50:00Z', count: 3 })).toEqual(['2026-10-25T00:30', '2026-10-25T01:30', '2026-10-25T02:30'])
    expect(shown(plannedBefore(cronOf('30 2 * * *'), zone('Europe/Berlin'), Date.parse('2026-10-25T01:45:00Z')))).toBe('2026-10-25T00:30')
  })

  it('come once where the clocks of midnight are set', () => {
    expect(next('0 0 * * *', 'America/Havana', { from: '2026-03-07T12:00:00Z', count: 2 })).toEqual(['2026-03-08T05:00', '2026-03-09T04:00'])
    expect(next('30 0 * * *', 'America/Havana', { from: '2026-10-31T12:00:00Z', count: 2 })).toEqual(['2026-11-01T04:30', '2026-11-02T05:30'])
  })

  it('are the same forwards and backwards, for a year of days with changed clocks', () => {
    for (const [text, name] of [['15 */3 * * *', 'Europe/Berlin'], ['45 1 * * *', 'America/New_York'], ['0 2 1 * *', 'Australia/Lord_Howe']] as const) {
      const [cron, clock] = [cronOf(text), zone(name)]
      let at = Date.parse('2026-01-01T00:00:00Z')
      while (at < Date.parse('2027-01-01T00:00:00Z')) {
        const then = plannedAfter(cron, clock, at)
        if (then === null) throw new Error('never')
        expect(plannedBefore(cron, clock, then)).toBe(then)
        expect(plannedBefore(cron, clock, then - 1) ?? 0).toBeLessThanOrEqual(at)
        at = then
      }
    }
  })
})

describe('wallClockOf', () => {
  it('knows no zone that does not exist', () => {
    expect(wallClockOf('Europe/Nowhere')).toBeNull()
    expect(shown(zone('Europe/Berlin')(Date.parse('2026-07-01T12:00:00Z')))).toBe('2026-07-01T14:00')
  })
})
