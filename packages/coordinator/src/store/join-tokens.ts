import type { Time } from '@drover/protocol'
import { type Db, fromColumn } from './db.ts'
import type { Schema } from './schema.ts'

/** What is stored of a join token: the public half of the key that its secret derives, never the secret. */
export type JoinTokenRow = {
  readonly id: string
  readonly publicKey: Uint8Array
  readonly usesLeft: number
  readonly role: Schema['join_token']['role']
  readonly cluster: string | null
  readonly cidrs: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly approve: 'auto' | 'manual'
  readonly replaces: string | null
  readonly createdBy: string
  readonly createdAt: Time
  readonly expiresAt: Time
  readonly revokedAt: Time | null
}

/** Stores a new join token. */
export const insertJoinToken = async (db: Db, row: JoinTokenRow): Promise<void> => {
  await db
    .insertInto('join_token')
    .values({
      id: row.id,
      public_key: Buffer.from(row.publicKey),
      uses_left: row.usesLeft,
      role: row.role,
      cluster: row.cluster,
      cidrs: JSON.stringify(row.cidrs),
      labels: JSON.stringify(row.labels),
      approve: row.approve,
      replaces: row.replaces,
      created_by: row.createdBy,
      created_at: row.createdAt,
      expires_at: row.expiresAt,
      revoked_at: row.revokedAt,
    })
    .execute()
}

/** One join token, or null. */
export const readJoinToken = async (db: Db, id: string): Promise<JoinTokenRow | null> => {
  const row = await db.selectFrom('join_token').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? null : fromRow(row)
}

/** All join tokens, newest first. */
export const readJoinTokens = async (db: Db): Promise<JoinTokenRow[]> =>
  (await db.selectFrom('join_token').selectAll().orderBy('created_at', 'desc').execute()).map(fromRow)

/** Takes one use in one statement; true only where exactly one row changed. Call in the transaction that inserts the host. */
export const spendJoinToken = async (db: Db, spend: { readonly id: string; readonly host: string; readonly now: Time }): Promise<boolean> => {
  const result = await db
    .updateTable('join_token')
    .set((set) => ({ uses_left: set('uses_left', '-', 1) }))
    .where('id', '=', spend.id)
    .where('uses_left', '>', 0)
    .where('expires_at', '>', spend.now)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (result.numUpdatedRows !== 1n) return false
  await db.insertInto('token_spend').values({ token_id: spend.id, host_id: spend.host, at: spend.now }).execute()
  return true
}

/** When this host spent this token (ms), or null. */
export const spentAt = async (db: Db, spend: { readonly id: string; readonly host: string }): Promise<Time | null> => {
  const row = await db.selectFrom('token_spend').select('at').where('token_id', '=', spend.id).where('host_id', '=', spend.host).executeTakeFirst()
  return row?.at ?? null
}

/** Revokes a join token; false where there is none that is still good. */
export const revokeJoinToken = async (db: Db, id: string, now: Time): Promise<boolean> => {
  const result = await db.updateTable('join_token').set({ revoked_at: now }).where('id', '=', id).where('revoked_at', 'is', null).executeTakeFirst()
  return result.numUpdatedRows === 1n
}

const fromRow = (row: Schema['join_token']): JoinTokenRow => ({
  id: row.id,
  publicKey: new Uint8Array(row.public_key),
  usesLeft: row.uses_left,
  role: row.role,
  cluster: row.cluster,
  cidrs: fromColumn(row.cidrs),
  labels: fromColumn(row.labels),
  approve: row.approve,
  replaces: row.replaces,
  createdBy: row.created_by,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
})
