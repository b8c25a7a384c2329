import { boxAtRest, openAtRest } from '@drover/protocol/node'
import { DroverError } from '@drover/protocol'
import type { Db } from './db.ts'

/** Stores a secret under the KEK, bound to its id. */
export const writeSecret = async (db: Db, secret: { readonly id: string; readonly value: Uint8Array; readonly kek: Uint8Array; readonly now: number }): Promise<void> => {
  const boxed = Buffer.from(await boxAtRest(secret.value, secret.id, secret.kek))
  await db.insertInto('secret').values({ id: secret.id, boxed, created_at: secret.now }).onConflict((on) => on.column('id').doNothing()).execute()
}

/** The secret of this id; throws where there is none or where the KEK is not the one it was stored under. */
export const readSecret = async (db: Db, id: string, kek: Uint8Array): Promise<Uint8Array> => {
  const row = await db.selectFrom('secret').select('boxed').where('id', '=', id).executeTakeFirst()
  const opened = row === undefined ? null : await openAtRest(new Uint8Array(row.boxed), id, kek)
  if (opened === null) throw new DroverError('step.secret', `the coordinator cannot open its secret ${id}`)
  return opened
}

/** The stored id of a cluster's secret. */
export const secretId = (cluster: string, name: string): string => `cluster/${cluster}/${name}`

/** The name of the key that seals copies of a cluster's snapshots; it stays as long as copies may be there. */
export const SNAPSHOT_KEY = 'snapshot-key'

/** Ids of all secrets. */
export const readSecretIds = async (db: Db): Promise<string[]> => (await db.selectFrom('secret').select('id').execute()).map((row) => row.id)
