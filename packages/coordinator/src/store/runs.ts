import type { Run, Time } from '@drover/protocol'
import { type Db, fromColumn } from './db.ts'
import type { Schema } from './schema.ts'

/** A stored run: the nouns' Run with its cluster, who approved it and when it began and ended. */
export type RunRow = Run & { readonly cluster: string; readonly approvedBy: string; readonly startedAt: Time; readonly endedAt: Time | null }

/** Stores a new run; a second open run of the same cluster is refused by the database itself. */
export const insertRun = async (db: Db, row: RunRow): Promise<void> => {
  await db
    .insertInto('run')
    .values({
      id: row.id,
      cluster: row.cluster,
      forecast_id: row.forecast,
      state: JSON.stringify(row.state),
      spent: JSON.stringify(row.spent),
      approved_by: row.approvedBy,
      started_at: row.startedAt,
      ended_at: row.endedAt,
    })
    .execute()
}

/** Stores where a run stands. */
export const writeRun = async (db: Db, row: RunRow): Promise<void> => {
  await db
    .updateTable('run')
    .set({ state: JSON.stringify(row.state), spent: JSON.stringify(row.spent), ended_at: row.endedAt })
    .where('id', '=', row.id)
    .execute()
}

/** Runs, newest first. */
export const readRuns = async (db: Db): Promise<RunRow[]> => (await db.selectFrom('run').selectAll().orderBy('started_at', 'desc').limit(500).execute()).map(fromRow)

/** One run, or null. */
export const readRun = async (db: Db, id: string): Promise<RunRow | null> => {
  const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : fromRow(row)
}

const fromRow = (row: Schema['run']): RunRow => ({
  id: row.id,
  cluster: row.cluster,
  forecast: row.forecast_id,
  state: fromColumn<Run['state']>(row.state),
  spent: fromColumn<Run['spent']>(row.spent),
  approvedBy: row.approved_by,
  startedAt: row.started_at,
  endedAt: row.ended_at,
})
