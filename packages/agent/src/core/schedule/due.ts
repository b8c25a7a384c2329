import { type Cron, parseCron, plannedAfter, plannedBefore, type Schedule, type Time, type WallClock } from '@drover/protocol'
import { jitterOf } from './jitter.ts'

/** All that decides what is due: what was ordered since when, the planned time that each schedule fired last, and what the host's clock shows. */
export type DueInput = {
  readonly schedules: readonly Schedule[]
  /** When the schedules were ordered (coordinator's clock, ms): what was planned before is not caught up. */
  readonly since: Time
  readonly fired: Readonly<Record<string, Time>>
  readonly now: Time
  /** The host's id, from which its delays follow. */
  readonly host: string
  /** The clocks of a time zone; null where there is none of that name. */
  readonly clockOf: (timeZone: string) => WallClock | null
}

/** What to fire now, by schedule and planned time; what to note as fired without firing it; and when to ask again (null: never). */
export type Due = {
  readonly fire: readonly { readonly name: string; readonly at: Time }[]
  readonly pass: Readonly<Record<string, Time>>
  readonly nextAt: Time | null
}

const DAY = 86_400_000

type Answer = { readonly fire: Time | null; readonly pass: Time | null; readonly nextAt: Time | null }
const NEVER: Answer = { fire: null, pass: null, nextAt: null }

type Plan = { readonly before: (at: Time) => Time | null; readonly after: (at: Time) => Time | null; readonly delayed: (at: Time) => Time }

const planOf = (schedule: Schedule, input: DueInput): Plan | null => {
  const cron: Cron | null = parseCron(schedule.cron)
  const clock = input.clockOf(schedule.timeZone)
  if (cron === null || clock === null) return null
  const { name, offsetS = 0, jitterS } = schedule
  return {
    before: (at) => plannedBefore(cron, clock, at),
    after: (at) => plannedAfter(cron, clock, at),
    delayed: (at) => at + offsetS * 1000 + jitterOf({ host: input.host, name, at }, jitterS),
  }
}

/** The first planned time after `at`, with its delay. */
const nextOf = (plan: Plan, at: Time): Time | null => {
  const planned = plan.after(at)
  return planned === null ? null : plan.delayed(planned)
}

/** The latest planned time whose delay is over; those before it were missed, and one stands for all. */
const latest = (plan: Plan, base: Time, now: Time): { readonly fire: Time | null; readonly waiting: Time | null } => {
  let waiting: Time | null = null
  let planned = plan.before(now)
  while (planned !== null && planned > base && plan.delayed(planned) > now) {
    waiting = plan.delayed(planned)
    planned = plan.before(planned - 1)
  }
  return { fire: planned !== null && planned > base ? planned : null, waiting }
}

const answer = (schedule: Schedule, input: DueInput): Answer => {
  const { since, now } = input
  const plan = planOf(schedule, input)
  if (plan === null) return NEVER
  // A clock that shows less than when the schedule came is not set yet: a board without a battery that has just booted.
  if (now < since - DAY) return { ...NEVER, nextAt: since }
  const base = Math.max(since, input.fired[schedule.name] ?? 0)
  // The clock was far ahead when it fired last. From now on it counts anew; what was planned until now may have been fired.
  if (base > now + DAY) return { fire: null, pass: now, nextAt: nextOf(plan, now) }
  const { fire, waiting } = latest(plan, base, now)
  return { fire, pass: null, nextAt: waiting ?? nextOf(plan, Math.max(base, now)) }
}

/**
 * Decides what is due. A missed time is caught up once, however many were missed; a clock that goes back fires nothing a
 * second time, since only what is planned after the last firing counts.
 */
export const due = (input: DueInput): Due => {
  const answers = input.schedules.map((schedule) => ({ name: schedule.name, ...answer(schedule, input) }))
  const times = answers.flatMap(({ nextAt }) => nextAt ?? [])
  return {
    fire: answers.flatMap(({ name, fire }) => (fire === null ? [] : [{ name, at: fire }])),
    pass: Object.fromEntries(answers.flatMap(({ name, pass }) => (pass === null ? [] : [[name, pass]]))),
    nextAt: times.length === 0 ? null : Math.min(...times),
  }
}
