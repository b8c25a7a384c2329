import { rename, rm } from 'node:fs/promises'
import { openSync, fsyncSync, closeSync } from 'node:fs'
import { dirname } from 'node:path'
import { say, type Snapshot } from '@drover/protocol'
import { fromText, fromUtf8 } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { readSecret, secretId, SNAPSHOT_KEY } from '../store/secrets.ts'
import { copyFiles, copyKey } from './files.ts'
import { proveCopy } from './open-copy.ts'

/** The key of 32 bytes that seals the copies of a cluster. */
export const readCopyKey = async ({ db, keys }: Pick<Context, 'db' | 'keys'>, cluster: string): Promise<Uint8Array> =>
  fromText(fromUtf8(await readSecret(db, secretId(cluster, SNAPSHOT_KEY), keys.kek)) ?? '') ?? new Uint8Array()

/** Takes in a copy of which all bytes have come: it is opened from end to end first; one that is damaged is removed. */
export const takeCopy = async (context: Context, snapshot: Snapshot): Promise<void> => {
  const { whole, part } = copyFiles(context.home.snapshots, snapshot)
  try {
    await proveCopy(part, await readCopyKey(context, snapshot.cluster), snapshot)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  await rename(part, whole)
  syncFolder(dirname(whole))
  await context.turn(async () => {
    context.world.copies.set(copyKey(snapshot.cluster, snapshot.name), { snapshot, since: context.now() })
    const { cluster, name, bytes } = snapshot
    await context.tell({ at: context.now(), cluster, said: say('snapshot.copied', { cluster, name, bytes }) })
    context.wake(cluster)
  })
}

const syncFolder = (path: string): void => {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** Removes a copy, in a turn; false where there is none. */
export const dropCopy = async (context: Context, about: { readonly cluster: string; readonly name: string; readonly why: string }): Promise<boolean> => {
  const { cluster, name, why } = about
  const key = copyKey(cluster, name)
  const copy = context.world.copies.get(key)
  if (copy === undefined) return false
  await rm(copyFiles(context.home.snapshots, copy.snapshot).whole, { force: true })
  context.world.copies.delete(key)
  await context.tell({ at: context.now(), cluster, said: say('snapshot.copy-dropped', { cluster, name, why }) })
  return true
}
