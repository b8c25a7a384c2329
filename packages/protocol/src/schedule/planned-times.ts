import type { Ms, Time } from '../ids.ts'
import type { Cron } from './cron.ts'

/** What a zone's clocks show at an instant, as ms since 1970 as if that were UTC. */
export type WallClock = (at: Time) => Time

const MINUTE: Ms = 60_000
const HOUR: Ms = 3_600_000
const DAY: Ms = 86_400_000
/** Every date comes again within eight years, also a 29 February. */
const MOST_DAYS = 8 * 366 + 2

const startOf = (wall: Time): Time => Math.floor(wall / DAY) * DAY

const isDay = (cron: Cron, day: Time): boolean => {
  const date = new Date(day)
  return cron.months.includes(date.getUTCMonth() + 1) && cron.days.includes(date.getUTCDate()) && cron.weekdays.includes(date.getUTCDay())
}

const wallTimes = (cron: Cron, day: Time): readonly Time[] =>
  cron.hours.flatMap((hour) => cron.minutes.map((minute) => day + hour * HOUR + minute * MINUTE))

const offsetAt = (clock: WallClock, at: Time): Ms => clock(at) - at

/**
 * The instants at which clocks show a wall time. Where they are set back it comes twice: both count for what runs every
 * hour, else the first. Where they are set forward it never comes: then it is as if they had not been, for what does not run
 * every hour.
 */
const instantsOf = (wall: Time, about: { readonly clock: WallClock; readonly before: Ms; readonly after: Ms; readonly hourly: boolean }): readonly Time[] => {
  const { clock, before, after, hourly } = about
  const there = [...new Set([wall - before, wall - after])].filter((at) => clock(at) === wall).toSorted((a, b) => a - b)
  if (there.length === 0) return hourly ? [] : [wall - before]
  return hourly ? there : there.slice(0, 1)
}

/** All planned instants of one day of the calendar, in order. */
const instantsIn = (cron: Cron, clock: WallClock, day: Time): readonly Time[] => {
  if (!isDay(cron, day)) return []
  const [before, after] = [offsetAt(clock, day - DAY), offsetAt(clock, day + 2 * DAY)]
  const walls = wallTimes(cron, day)
  if (before === after) return walls.map((wall) => wall - before)
  const about = { clock, before, after, hourly: cron.hours.length === 24 }
  return [...new Set(walls.flatMap((wall) => instantsOf(wall, about)))].toSorted((a, b) => a - b)
}

/** Looks through the days around `at` together, since clocks that are set may mix them up, then on day by day. */
const search = (about: { readonly cron: Cron; readonly clock: WallClock; readonly at: Time; readonly way: 1 | -1 }, choose: (instants: readonly Time[]) => Time | undefined): Time | null => {
  const { cron, clock, at, way } = about
  const today = startOf(clock(at))
  const near = choose([-DAY, 0, DAY].flatMap((days) => instantsIn(cron, clock, today + days)))
  if (near !== undefined) return near
  for (let days = 2; days < MOST_DAYS; days += 1) {
    const found = choose(instantsIn(cron, clock, today + way * days * DAY))
    if (found !== undefined) return found
  }
  return null
}

/** The latest planned instant that is not after `at`, or null where there is none in eight years. */
export const plannedBefore = (cron: Cron, clock: WallClock, at: Time): Time | null =>
  search({ cron, clock, at, way: -1 }, (instants) => instants.findLast((instant) => instant <= at))

/** The first planned instant after `at`, or null where there is none in eight years. */
export const plannedAfter = (cron: Cron, clock: WallClock, at: Time): Time | null =>
  search({ cron, clock, at, way: 1 }, (instants) => instants.find((instant) => instant > at))
