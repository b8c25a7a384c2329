import { type OrderId, OrderIdSchema, type Time } from '../ids.ts'

/** What a host orders of itself: `sched` makes what a schedule plans for a time, `prune` removes what was made for it, `tidy` what Drover kept around changes. */
export type FiringWhat = 'sched' | 'prune' | 'tidy'
/** A firing by what names it; `at` is the planned time, a whole minute. */
export type Firing = { readonly what: FiringWhat; readonly schedule: string; readonly at: Time }

const FORM = /^(sched|prune|tidy)-([a-z](?:[a-z0-9-]{0,22}[a-z0-9])?)-(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)z$/

/** A planned time in the form that names carry, such as `20261121t1800z`. */
export const timeName = (at: Time): string => `${new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase()}z`

/** The order id of a firing: the same firing always has the same, which is why it never happens twice. */
export const firingId = ({ what, schedule, at }: Firing): OrderId => OrderIdSchema.parse(`${what}-${schedule}-${timeName(at)}`)

/** The firing that an order id names; null for an order of the coordinator. */
export const readFiringId = (id: string): Firing | null => {
  const found = FORM.exec(id)
  if (found === null) return null
  const [, what, schedule = '', ...numbers] = found
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = numbers.map(Number)
  return { what: what as FiringWhat, schedule, at: Date.UTC(year, month - 1, day, hour, minute) }
}
