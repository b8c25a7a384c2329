import type { Context } from '../context.ts'
import type { HostRow } from '../store/hosts.ts'
import { readSetting, writeSetting } from '../store/settings.ts'

/** The setting that holds the highest epoch that a host has named above this coordinator's own. */
export const EPOCH_SEEN = 'epoch-seen'
/** A host that lies could name any number: what is further away than this is not believed. */
const FARTHEST = 1_000_000

/** Remembers the epoch that an active host has seen where it is above ours: this database is an older copy, or a second coordinator runs. Nothing is raised here, so that two never race. */
export const noteEpoch = async (context: Context, host: HostRow, seen: number): Promise<void> => {
  const { db, epoch, log } = context
  if (host.state !== 'active' || seen <= epoch) return
  const about = { host: host.name, epoch, epochSeen: seen }
  if (seen - epoch > FARTHEST) return log.error(about, 'the host names an epoch too far above this coordinator\'s to be believed: it is ignored')
  if (seen > ((await readSetting<number>(db, EPOCH_SEEN)) ?? 0)) await writeSetting(db, EPOCH_SEEN, seen)
  log.error(about, 'the host has seen a later epoch and refuses orders (order.epoch): stop any second coordinator; where this database is an older copy, run `drover-coordinator promote`, then restart the service')
}
