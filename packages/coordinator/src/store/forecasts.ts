import { gunzipSync, gzipSync } from 'node:zlib'
import type { Db } from './db.ts'
import type { Schema } from './schema.ts'

/** A stored forecast: its exact bytes and their SHA-256. */
export type ForecastRow = Schema['forecast']

/** Those of many hosts say the same a thousand times. */
const PACKED_FROM = 64_000

const pack = (row: ForecastRow): ForecastRow => (row.bytes.length < PACKED_FROM ? row : { ...row, bytes: gzipSync(row.bytes) })
/** A forecast is JSON, which never begins as gzip does. */
const unpack = (row: ForecastRow | undefined): ForecastRow | null => {
  if (row === undefined) return null
  return row.bytes[0] === 0x1f ? { ...row, bytes: gunzipSync(row.bytes) } : row
}

/** Stores a forecast. */
export const insertForecast = async (db: Db, row: ForecastRow): Promise<void> => {
  await db.insertInto('forecast').values(pack(row)).execute()
}

/** One forecast, or null. */
export const readForecast = async (db: Db, id: string): Promise<ForecastRow | null> =>
  unpack(await db.selectFrom('forecast').selectAll().where('id', '=', id).executeTakeFirst())

/** The newest forecast of a cluster that nobody approved and that is newer than its last approval, or null. */
export const readPendingForecast = async (db: Db, cluster: string): Promise<ForecastRow | null> => {
  const newest = await db.selectFrom('forecast').selectAll().where('cluster', '=', cluster).orderBy('created_at', 'desc').limit(1).executeTakeFirst()
  return newest !== undefined && newest.approved_at === null ? unpack(newest) : null
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
