import type Database from 'better-sqlite3'
import { type CompiledQuery, type DatabaseConnection, type DialectAdapter, type Driver, type QueryResult, SqliteAdapter, SqliteDialect } from 'kysely'
import { refuseInside } from '../transact.ts'

/** Told before and after each commit, of a transaction or of a single statement that writes; tests end the process there. */
export type OnCommit = (when: 'before' | 'after') => void

/** Kysely's SQLite dialect whose one connection is refused to queries that would wait for their own transaction. */
export class GuardedDialect extends SqliteDialect {
  readonly #onCommit: OnCommit
  /** `onCommit` is for tests. */
  constructor(database: Database.Database, onCommit: OnCommit = () => undefined) {
    super({ database })
    this.#onCommit = onCommit
  }

  /** Kysely leaves the queue for the connection to this driver, which refuses before it queues. */
  override createAdapter(): DialectAdapter {
    return new QueuingAdapter()
  }

  override createDriver(): Driver {
    return guardedDriver(super.createDriver(), this.#onCommit)
  }
}

class QueuingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

const guardedDriver = (driver: Driver, onCommit: OnCommit): Driver => {
  const transactions = new WeakSet<DatabaseConnection>()
  const own = new WeakMap<DatabaseConnection, DatabaseConnection>()
  const queue = createQueue()
  const real = (connection: DatabaseConnection): DatabaseConnection => own.get(connection) ?? connection
  return {
    init: () => driver.init(),
    acquireConnection: async () => {
      refuseInside()
      await queue.enter()
      const connection = await driver.acquireConnection()
      const watched: DatabaseConnection = watch(connection, { onCommit, isInTransaction: () => transactions.has(watched) })
      own.set(watched, connection)
      return watched
    },
    beginTransaction: async (connection, settings) => {
      transactions.add(connection)
      await driver.beginTransaction(real(connection), settings)
    },
    commitTransaction: async (connection) => {
      onCommit('before')
      await driver.commitTransaction(real(connection))
      transactions.delete(connection)
      onCommit('after')
    },
    rollbackTransaction: async (connection) => {
      transactions.delete(connection)
      await driver.rollbackTransaction(real(connection))
    },
    releaseConnection: async (connection) => {
      await driver.releaseConnection(real(connection))
      queue.leave()
    },
    destroy: () => driver.destroy(),
  }
}

/** One at a time, in order of asking. */
const createQueue = (): { readonly enter: () => Promise<void>; readonly leave: () => void } => {
  const waiting: (() => void)[] = []
  let isTaken = false
  return {
    enter: async () => {
      if (isTaken) await new Promise<void>((resolve) => void waiting.push(resolve))
      isTaken = true
    },
    leave: () => {
      const next = waiting.shift()
      if (next === undefined) isTaken = false
      else next()
    },
  }
}

type Watching = { readonly onCommit: OnCommit; readonly isInTransaction: () => boolean }

const watch = (connection: DatabaseConnection, { onCommit, isInTransaction }: Watching): DatabaseConnection => ({
  executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
    if (query.query.kind === 'SelectQueryNode' || isInTransaction()) return connection.executeQuery<R>(query)
    onCommit('before')
    const result = await connection.executeQuery<R>(query)
    onCommit('after')
    return result
  },
  streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
})
