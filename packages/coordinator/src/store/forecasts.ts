import type { Db } from './db.ts'
import type { Schema } from './schema.ts'

/** A stored forecast: its exact bytes and their SHA-256. */
export type ForecastRow = Schema['forecast']

/** Stores a forecast. */
export const insertForecast = async (db: Db, row: ForecastRow): Promise<void> => {
  await db.insertInto('forecast').values(row).execute()
}

/** One forecast, or null. */
export const readForecast = async (db: Db, id: string): Promise<ForecastRow | null> =>
  (await db.selectFrom('forecast').selectAll().where('id', '=', id).executeTakeFirst()) ?? null

/** The newest forecast of a cluster that nobody approved and that is newer than its last approval, or null. */
export const readPendingForecast = async (db: Db, cluster: string): Promise<ForecastRow | null> => {
  const newest = await db.selectFrom('forecast').selectAll().where('cluster', '=', cluster).orderBy('created_at', 'desc').limit(1).executeTakeFirst()
  return newest !== undefined && newest.approved_at === null ? newest : null
}

/** The run that an approved forecast became, or null. */
export const readRunOfForecast = async (db: Db, id: string): Promise<string | null> =>
  (await db.selectFrom('run').select('id').where('forecast_id', '=', id).executeTakeFirst())?.id ?? null

/** Marks a forecast approved; false where it was approved before. */
export const approveForecast = async (db: Db, approval: { readonly id: string; readonly by: string; readonly at: number }): Promise<boolean> => {
  const result = await db
    .updateTable('forecast')
    .set({ approved_at: approval.at, approved_by: approval.by })
    .where('id', '=', approval.id)
    .where('approved_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows === 1n
}
