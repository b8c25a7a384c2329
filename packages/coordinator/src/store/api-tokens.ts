import type { Time } from '@drover/protocol'
import type { Db } from './db.ts'
import type { ApiRole, Schema } from './schema.ts'

/** A stored API token: SHA-256 of its secret, its role and owner. */
export type ApiTokenRow = Schema['api_token']

/** Stores a new API token. */
export const insertApiToken = async (db: Db, row: ApiTokenRow): Promise<void> => {
  await db.insertInto('api_token').values(row).execute()
}

/** One API token by id, or null; read at every request, so that a revocation holds at once. */
export const readApiToken = async (db: Db, id: string): Promise<ApiTokenRow | null> =>
  (await db.selectFrom('api_token').selectAll().where('id', '=', id).executeTakeFirst()) ?? null

/** All API tokens, newest first. */
export const readApiTokens = (db: Db): Promise<ApiTokenRow[]> => db.selectFrom('api_token').selectAll().orderBy('created_at', 'desc').execute()

/** Revokes an API token; false where there is none that is still good. */
export const revokeApiToken = async (db: Db, id: string, now: Time): Promise<boolean> => {
  const result = await db.updateTable('api_token').set({ revoked_at: now }).where('id', '=', id).where('revoked_at', 'is', null).executeTakeFirst()
  return result.numUpdatedRows === 1n
}

/** Who is asking: the owner of a token and its role. */
export type Principal = { readonly name: string; readonly role: ApiRole }

/** Whether an owner still has a live token that may make join tokens: without one, those made before are refused too. */
export const hasAuthority = async (db: Db, owner: string, now: Time): Promise<boolean> => {
  const query = db.selectFrom('api_token').select('id').where('owner', '=', owner).where('role', 'in', ['operator', 'admin'])
  return (await query.where('revoked_at', 'is', null).where('expires_at', '>', now).executeTakeFirst()) !== undefined
}
