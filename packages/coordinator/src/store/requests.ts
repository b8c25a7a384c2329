import type { Json, Request, Time } from '@drover/protocol'
import { type Db, fromColumn } from './db.ts'
import type { Schema } from './schema.ts'

/** A stored request: with its cluster, what became of it and the (sealed) answer. */
export type RequestRow = Request & { readonly cluster: string; readonly message: string | null; readonly answer: string | null }

/** Stores a new request. */
export const insertRequest = async (db: Db, row: RequestRow): Promise<void> => {
  await db
    .insertInto('request')
    .values({
      id: row.id,
      kind: row.kind,
      cluster: row.cluster,
      params: JSON.stringify(row.params),
      asked_by: row.askedBy,
      asked_at: row.askedAt,
      state: row.state,
      message: row.message,
      answer: row.answer,
    })
    .execute()
}

/** One request, or null. */
export const readRequest = async (db: Db, id: string): Promise<RequestRow | null> => {
  const row = await db.selectFrom('request').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : fromRow(row)
}

/** All requests that are open. */
export const readOpenRequests = async (db: Db): Promise<RequestRow[]> =>
  (await db.selectFrom('request').selectAll().where('state', '=', 'open').execute()).map(fromRow)

/** How a request ended. */
export type RequestEnd = { readonly id: string; readonly state: 'done' | 'refused' | 'withdrawn'; readonly message: string | null; readonly answer: string | null }

/** Notes what an open request has come to hold. */
export const writeRequestParams = async (db: Db, { id, params }: Pick<RequestRow, 'id' | 'params'>): Promise<void> => {
  await db.updateTable('request').set({ params: JSON.stringify(params) }).where('id', '=', id).execute()
}

/** Closes a request. */
export const endRequest = async (db: Db, end: RequestEnd): Promise<void> => {
  await db.updateTable('request').set({ state: end.state, message: end.message, answer: end.answer }).where('id', '=', end.id).execute()
}

/** Forgets answers that are older than `before`: a sealed kubeconfig is fetched at once or asked for again. */
export const forgetAnswers = async (db: Db, before: Time): Promise<void> => {
  await db.updateTable('request').set({ answer: null }).where('asked_at', '<', before).where('answer', 'is not', null).execute()
}

const fromRow = (row: Schema['request']): RequestRow => ({
  id: row.id,
  kind: row.kind,
  cluster: row.cluster,
  params: fromColumn<Json>(row.params),
  askedBy: row.asked_by,
  askedAt: row.asked_at,
  state: row.state,
  message: row.message,
  answer: row.answer,
})
