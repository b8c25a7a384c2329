import type { Time } from '@drover/protocol'
import type { Db } from './db.ts'

/** Since when each wait of each cluster lasts: cluster name and wait key to time. */
export const readWaits = async (db: Db): Promise<{ cluster: string; key: string; since: Time }[]> => db.selectFrom('wait').selectAll().execute()

/** Makes the stored waits of a cluster exactly these; call inside a transaction. */
export const writeWaits = async (trx: Db, cluster: string, waits: ReadonlyMap<string, Time>): Promise<void> => {
  await trx.deleteFrom('wait').where('cluster', '=', cluster).execute()
  for (const [key, since] of waits) await trx.insertInto('wait').values({ cluster, key, since }).execute()
}
