import { type Db, fromColumn } from './db.ts'
import { transact } from './transact.ts'

/** A stored setting, or null. */
export const readSetting = async <T>(db: Db, key: string): Promise<T | null> => {
  const row = await db.selectFrom('setting').select('value').where('key', '=', key).executeTakeFirst()
  return row === undefined ? null : fromColumn<T>(row.value)
}

/** Stores a setting. */
export const writeSetting = async (db: Db, key: string, value: unknown): Promise<void> => {
  const row = { key, value: JSON.stringify(value) }
  await db.insertInto('setting').values(row).onConflict((on) => on.column('key').doUpdateSet({ value: row.value })).execute()
}

/** Raises the epoch by one for this start of the coordinator and returns it. */
export const raiseEpoch = async (db: Db): Promise<number> =>
  transact(db, async (trx) => {
    const epoch = ((await readSetting<number>(trx, 'epoch')) ?? 0) + 1
    await writeSetting(trx, 'epoch', epoch)
    return epoch
  })

/** The next value of a fence: strictly rising per resource. Call inside the transaction that stores the order. */
export const nextFence = async (db: Db, resource: string): Promise<number> => {
  const row = await db.selectFrom('fence').select('value').where('resource', '=', resource).executeTakeFirst()
  const value = (row?.value ?? 0) + 1
  await db.insertInto('fence').values({ resource, value }).onConflict((on) => on.column('resource').doUpdateSet({ value })).execute()
  return value
}
