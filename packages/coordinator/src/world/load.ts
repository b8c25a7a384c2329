import type { Time } from '@drover/protocol'
import { readCopies } from '../copies/files.ts'
import type { Home } from '../home.ts'
import { readClusters } from '../store/clusters.ts'
import type { Db } from '../store/db.ts'
import { readFirings } from '../store/firings.ts'
import { readHosts } from '../store/hosts.ts'
import { readRecentOrders } from '../store/orders.ts'
import { readOpenRequests } from '../store/requests.ts'
import { readRuns } from '../store/runs.ts'
import { readWaits } from '../store/waits.ts'
import { emptyWorld, type World } from './world.ts'

const RECENT = 600_000

/** None has come back yet; how long it had been there before nobody knows, so that it counts as away from now on. */
const loadHosts = async (db: Db, world: World, now: Time): Promise<void> => {
  for (const host of await readHosts(db)) if (host.state !== 'revoked') world.hosts.set(host.id, host)
  for (const id of world.hosts.keys()) world.live.set(id, { online: false, onlineAt: now, clockOffsetMs: null })
  for (const id of world.hosts.keys()) world.firings.set(id, await readFirings(db, id))
}

/** Reads the world once, at start; from then on it is patched after each commit. */
export const loadWorld = async (db: Db, now: Time, { snapshots }: Pick<Home, 'snapshots'>): Promise<World> => {
  const world = emptyWorld()
  await loadHosts(db, world, now)
  for (const cluster of await readClusters(db)) world.clusters.set(cluster.name, cluster)
  for (const run of (await readRuns(db)).toReversed()) world.runs.set(run.cluster, run)
  for (const order of await readRecentOrders(db, now - RECENT)) world.orders.set(order.id, order)
  for (const request of await readOpenRequests(db)) world.requests.set(request.id, request)
  for (const { cluster, key, since } of await readWaits(db)) {
    world.waiting.set(cluster, new Map([...(world.waiting.get(cluster) ?? []), [key, since]]))
  }
  for (const [key, copy] of readCopies(snapshots)) world.copies.set(key, copy)
  return world
}
