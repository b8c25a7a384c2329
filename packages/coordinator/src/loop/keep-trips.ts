import type { FromAgent, HostId } from '@drover/protocol'
import type { Context } from '../context.ts'
import { type HostRow, writeHost } from '../store/hosts.ts'

type Results = FromAgent<'probed'>['results']

/** Keeps with a host's inventory how long its new connections to others took: the least time to a host is the round trip, as good as it is known. */
export const keepTrips = async (context: Context, from: HostId, results: Results): Promise<void> => {
  const row = context.world.hosts.get(from)
  const times = new Map<HostId, number>()
  for (const { host, connectUs } of results) if (connectUs !== null) times.set(host, Math.min(connectUs, times.get(host) ?? connectUs))
  if (row === undefined || times.size === 0) return
  const known: HostRow = { ...row, inventory: { ...row.inventory, rttUs: { ...row.inventory.rttUs, ...Object.fromEntries(times) } } }
  await writeHost(context.db, known)
  context.world.hosts.set(known.id, known)
}

/** Takes in the answer to a question of round trips; what nobody asked of this host is dropped. */
export const takeTrips = async (context: Context, from: HostId, told: FromAgent<'probed'>): Promise<void> => {
  const { trips, hosts } = context.world
  if (trips.get(told.id) !== from) return
  await keepTrips(context, from, told.results.filter(({ host }) => hosts.has(host)))
  trips.delete(told.id)
}
