import type { Time, Wait } from '@drover/protocol'
import type { Context } from '../context.ts'
import { transact } from '../store/transact.ts'
import { writeWaits } from '../store/waits.ts'

/** Remembers since when each wait lasts: those that go on keep their time, new ones begin now, ended ones are forgotten. */
export const keepWaits = async (context: Context, cluster: string, waits: readonly Wait[]): Promise<void> => {
  const before = context.world.waiting.get(cluster) ?? new Map<string, Time>()
  const after = new Map(waits.map((wait) => [wait.key, before.get(wait.key) ?? context.now()]))
  const same = after.size === before.size && [...after.keys()].every((key) => before.has(key))
  if (same) return
  await transact(context.db, (trx) => writeWaits(trx, cluster, after))
  context.world.waiting.set(cluster, after)
}
