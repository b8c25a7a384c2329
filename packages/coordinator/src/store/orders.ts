import type { HostId, StepClass, Time } from '@drover/protocol'
import type { OrderState } from '../core/run/order.ts'
import { type Db, fromColumn } from './db.ts'
import type { Schema } from './schema.ts'

/** What is stored of an order: its exact signed bytes and where it stands. */
export type OrderRow = {
  readonly id: string
  readonly run: string | null
  readonly request: string | null
  readonly cluster: string
  readonly host: HostId
  readonly kind: string
  readonly actionKey: string
  readonly class: StepClass
  readonly change: HostId | null
  readonly attempt: number
  readonly state: OrderState
  readonly bytes: Uint8Array
  readonly signature: Uint8Array
  readonly createdAt: Time
  readonly endedAt: Time | null
}

/** Stores a new order. */
export const insertOrder = async (db: Db, row: OrderRow): Promise<void> => {
  await db
    .insertInto('orders')
    .values({
      id: row.id,
      run_id: row.run,
      request_id: row.request,
      cluster: row.cluster,
      host_id: row.host,
      kind: row.kind,
      action_key: row.actionKey,
      class: row.class,
      change_host: row.change,
      attempt: row.attempt,
      state: JSON.stringify(row.state),
      bytes: Buffer.from(row.bytes),
      signature: Buffer.from(row.signature),
      created_at: row.createdAt,
      ended_at: row.endedAt,
    })
    .execute()
}

/** Stores where an order stands. */
export const writeOrderState = async (db: Db, row: OrderRow): Promise<void> => {
  await db.updateTable('orders').set({ state: JSON.stringify(row.state), ended_at: row.endedAt }).where('id', '=', row.id).execute()
}

/** One order, or null. */
export const readOrder = async (db: Db, id: string): Promise<OrderRow | null> => {
  const row = await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : fromOrderRow(row)
}

/** Orders that have not ended, or ended after `since`. */
export const readRecentOrders = async (db: Db, since: Time): Promise<OrderRow[]> =>
  (
    await db
      .selectFrom('orders')
      .selectAll()
      .where((by) => by.or([by('ended_at', 'is', null), by('ended_at', '>', since)]))
      .execute()
  ).map(fromOrderRow)

/** The orders of a run, oldest first. */
export const readOrdersOfRun = async (db: Db, run: string): Promise<OrderRow[]> =>
  (await db.selectFrom('orders').selectAll().where('run_id', '=', run).orderBy('created_at').orderBy('id').execute()).map(fromOrderRow)

/** An order as it is stored. */
export const fromOrderRow = (row: Schema['orders']): OrderRow => ({
  id: row.id,
  run: row.run_id,
  request: row.request_id,
  cluster: row.cluster,
  host: row.host_id as HostId,
  kind: row.kind,
  actionKey: row.action_key,
  class: row.class as StepClass,
  change: row.change_host as HostId | null,
  attempt: row.attempt,
  state: fromColumn<OrderState>(row.state),
  bytes: new Uint8Array(row.bytes),
  signature: new Uint8Array(row.signature),
  createdAt: row.created_at,
  endedAt: row.ended_at,
})
