import type { Event, Said, Time } from '@drover/protocol'
import { type Db, fromColumn } from './db.ts'

/** What happened, before it has a number. */
export type NewEvent = { readonly at: Time; readonly cluster?: string | null; readonly host?: string | null; readonly run?: string | null; readonly said: Said }

const KEEP = 100_000

/** Appends an event and returns it with its number. */
export const appendEvent = async (db: Db, event: NewEvent): Promise<Event> => {
  const row = { at: event.at, cluster: event.cluster ?? null, host: event.host ?? null, run: event.run ?? null }
  const { seq } = await db.insertInto('event').values({ ...row, said: JSON.stringify(event.said) }).returning('seq').executeTakeFirstOrThrow()
  if (seq % 1000 === 0) await db.deleteFrom('event').where('seq', '<', seq - KEEP).execute()
  return { seq, ...row, said: event.said }
}

/** Events after `seq`, oldest first, at most `limit`. */
export const readEvents = async (db: Db, after: number, limit: number): Promise<Event[]> => {
  const rows = await db.selectFrom('event').selectAll().where('seq', '>', after).orderBy('seq').limit(limit).execute()
  return rows.map((row) => ({ ...row, said: fromColumn<Said>(row.said) }))
}

/** The number of the newest event, 0 where there is none. */
export const lastEvent = async (db: Db): Promise<number> =>
  (await db.selectFrom('event').select((by) => by.fn.max('seq').as('seq')).executeTakeFirst())?.seq ?? 0
