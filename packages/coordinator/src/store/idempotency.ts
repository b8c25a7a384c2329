import type { Db } from './db.ts'

const DAY = 86_400_000

/** An answer that was given before to the same key. */
export type Replay = { readonly digest: string; readonly status: number; readonly body: string }

/** The stored answer to a principal's key, or null. */
export const readReplay = async (db: Db, key: string, principal: string): Promise<Replay | null> =>
  (await db.selectFrom('idempotency').select(['digest', 'status', 'body']).where('key', '=', key).where('principal', '=', principal).executeTakeFirst()) ?? null

/** Keeps an answer for a day. */
export const writeReplay = async (db: Db, row: Replay & { readonly key: string; readonly principal: string; readonly at: number }): Promise<void> => {
  await db.deleteFrom('idempotency').where('at', '<', row.at - DAY).execute()
  await db.insertInto('idempotency').values(row).onConflict((on) => on.columns(['key', 'principal']).doNothing()).execute()
}
