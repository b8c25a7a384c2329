import { EPOCH_SEEN } from '../enrol/note-epoch.ts'
import { readSetting, writeSetting } from '../store/settings.ts'
import { openSqlite } from '../store/sqlite/open.ts'
import { transact } from '../store/transact.ts'
import type { Place } from './init.ts'

/** Sets the stored epoch to the highest that a host has named, so that the next start is above it. Returns what to tell the operator. */
export const promote = async ({ home, now, nativeBinding }: Place): Promise<string> => {
  const { db, close } = await openSqlite(home.database, { now, ...(nativeBinding === undefined ? {} : { nativeBinding }) })
  try {
    return await transact(db, async (trx) => {
      const epoch = (await readSetting<number>(trx, 'epoch')) ?? 0
      const seen = (await readSetting<number>(trx, EPOCH_SEEN)) ?? 0
      if (seen <= epoch) return `no connected host has named an epoch above ${String(epoch)}: nothing to do (where hosts refuse orders with order.fence, restart the service)`
      await writeSetting(trx, 'epoch', seen)
      return `the epoch goes from ${String(epoch)} to ${String(seen + 1)} with the next start; restart the service: systemctl restart drover-coordinator`
    })
  } finally {
    await close()
  }
}
