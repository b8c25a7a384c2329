import { AsyncLocalStorage } from 'node:async_hooks'
import type { Db } from './db.ts'

const inside = new AsyncLocalStorage<true>()

/**
 * Does all of the work's writes in one commit, or none of them. There is one connection: inside, only `trx` may be asked;
 * a query on the database itself would wait for the transaction that it is in, and is refused by `refuseInside`.
 */
export const transact = <T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> =>
  db.transaction().execute((trx) => inside.run(true, () => work(trx)))

/** Throws where the caller runs inside the work of a transaction; the driver asks before it gives its connection away. */
export const refuseInside = (): void => {
  if (inside.getStore() === true) throw new Error('a query beside the transaction that it runs in: use trx')
}
