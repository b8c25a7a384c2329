/** The minutes, hours, days, months and weekdays (0 Sunday) of a cron expression; `anyDay`, `anyWeekday`: the field is `*`. */
export type Cron = {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: readonly number[]
  readonly months: readonly number[]
  readonly weekdays: readonly number[]
  readonly anyDay: boolean
  readonly anyWeekday: boolean
}

const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const

const PART = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/

type Span = readonly [least: number, most: number]

/** First, last and step of one part such as `5`, `1-5`, `*` + `/2`; null where it is none. A step needs a range. */
const boundsOf = (part: string, [least, most]: Span): readonly [from: number, to: number, by: number] | null => {
  const found = PART.exec(part)
  if (found === null) return null
  const [, first, last, step] = found
  const by = step === undefined ? 1 : Number(step)
  if (first === undefined) return [least, most, by]
  if (last === undefined) return step === undefined ? [Number(first), Number(first), 1] : null
  return [Number(first), Number(last), by]
}

/** The values of one part; null where it is none or out of bounds. */
const parsePart = (part: string, span: Span): readonly number[] | null => {
  const bounds = boundsOf(part, span)
  if (bounds === null) return null
  const [from, to, by] = bounds
  if (from < span[0] || to > span[1] || from > to || by < 1) return null
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by)
}

const parseField = (text: string, span: Span): readonly number[] | null => {
  const parts = text.split(',').map((part) => parsePart(part, span))
  if (parts.some((part) => part === null)) return null
  return [...new Set(parts.flatMap((part) => part ?? []))].toSorted((a, b) => a - b)
}

/**
 * Reads five fields of numbers, ranges, lists and steps; null for anything else. A day of the month and a weekday that are
 * both given mean different things to different programs, so that is refused; 7 is Sunday as well as 0.
 */
export const parseCron = (text: string): Cron | null => {
  const fields = text.split(' ')
  if (fields.length !== FIELDS.length) return null
  const [minutes, hours, days, months, weekdays] = fields.map((field, index) => parseField(field, FIELDS[index] ?? [0, 0]))
  if (!minutes || !hours || !days || !months || !weekdays) return null
  const [anyDay, anyWeekday] = [fields[2] === '*', fields[4] === '*']
  if (!anyDay && !anyWeekday) return null
  return { minutes, hours, days, months, weekdays: [...new Set(weekdays.map((day) => day % 7))].toSorted((a, b) => a - b), anyDay, anyWeekday }
}
