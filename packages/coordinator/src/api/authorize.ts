import { createHash, timingSafeEqual } from 'node:crypto'
import { DroverError, type Time } from '@drover/protocol'
import { parseToken } from '@drover/protocol/node'
import type { Db } from '../store/db.ts'
import { type Principal, readApiToken } from '../store/api-tokens.ts'
import type { ApiRole } from '../store/schema.ts'

/** What a route lets its caller do; `public` needs no token, `ticket` the ticket of an order instead of one. */
export type Right = 'public' | 'ticket' | 'read' | 'operate' | 'secret' | 'admin'

const GRANTED: Readonly<Record<ApiRole, ReadonlySet<Right>>> = {
  viewer: new Set(['read']),
  auditor: new Set(['read']),
  operator: new Set(['read', 'operate']),
  admin: new Set(['read', 'operate', 'secret', 'admin']),
}

/** Whether a role has a right. */
export const hasRight = (role: ApiRole, right: Right): boolean => right === 'public' || GRANTED[role].has(right)

/** SHA-256 of a token's secret: what the store keeps of it. */
export const tokenDigest = (secret: Uint8Array): Buffer => createHash('sha256').update(secret).digest()

/** Who the Authorization header speaks for; throws auth.missing for everything that is not one good, live API token. */
export const principalOf = async (db: Db, header: string | undefined, now: Time): Promise<Principal> => {
  const missing = new DroverError('auth.missing', 'a valid API token is needed: Authorization: Bearer drvp1_…')
  if (header === undefined || !header.startsWith('Bearer ')) throw missing
  const parsed = parseToken('api', header.slice(7))
  if (!parsed.ok) throw missing
  const row = await readApiToken(db, parsed.token.id)
  if (row === null || row.revoked_at !== null || row.expires_at <= now) throw missing
  if (!timingSafeEqual(row.digest, tokenDigest(parsed.token.secret))) throw missing
  return { name: row.owner, role: row.role }
}
