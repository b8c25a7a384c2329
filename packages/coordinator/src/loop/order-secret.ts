import { randomBytes } from 'node:crypto'
import { toText, utf8 } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { ticketOf } from '../copies/ticket.ts'
import type { Db } from '../store/db.ts'
import { readSecret, SNAPSHOT_KEY, secretId, writeSecret } from '../store/secrets.ts'

/** Which secret, and for which order. */
export type SecretWanted = { readonly cluster: string; readonly order: string; readonly name: string }

/** A secret that an order carries: its own ticket, or one of the cluster's; the key of copies is made when the first is. */
export const orderSecret = async ({ keys, now }: Pick<Context, 'keys' | 'now'>, trx: Db, { cluster, order, name }: SecretWanted): Promise<Uint8Array> => {
  if (name === 'ticket') return utf8(ticketOf(keys.kek, order))
  const id = secretId(cluster, name)
  if (name === SNAPSHOT_KEY) await writeSecret(trx, { id, value: utf8(toText(randomBytes(32))), kek: keys.kek, now: now() })
  return readSecret(trx, id, keys.kek)
}
