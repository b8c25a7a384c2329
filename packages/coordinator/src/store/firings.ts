import type { HostId } from '@drover/protocol'
import type { Db } from './db.ts'
import { fromOrderRow, insertOrder, type OrderRow } from './orders.ts'

/** So many ends of a host's own orders are kept, of each host by itself. */
const KEEP = 200
/** So many of a host's snapshots on schedule are known without asking the database. */
export const KNOWN_FIRINGS = 100

/** What begins so, as a range that the index of ids knows: from the first text, up to the second. Ids are ASCII. */
const rangeOf = (start: string): readonly [string, string] => [start, `${start}~`]

/** Stores how an order that a host gave itself has ended, and lets go of that host's oldest ones. */
export const insertFiring = async (db: Db, row: OrderRow): Promise<void> => {
  await insertOrder(db, row)
  const [from, to] = rangeOf(`${row.host}/`)
  const kept = db.selectFrom('orders').select('id').where('id', '>=', from).where('id', '<', to).orderBy('created_at', 'desc').orderBy('ended_at', 'desc').limit(KEEP)
  await db.deleteFrom('orders').where('id', '>=', from).where('id', '<', to).where('id', 'not in', kept).execute()
}

/** The ends of a host's snapshots on schedule, the newest planned time first and of each the last try first. */
export const readFirings = async (db: Db, host: HostId): Promise<OrderRow[]> =>
  (
    await db
      .selectFrom('orders')
      .selectAll()
      .where('id', '>=', rangeOf(`${host}/sched-`)[0])
      .where('id', '<', rangeOf(`${host}/sched-`)[1])
      .orderBy('created_at', 'desc')
      .orderBy('attempt', 'desc')
      .limit(KNOWN_FIRINGS)
      .execute()
  ).map(fromOrderRow)
