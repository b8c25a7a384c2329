import { DroverError, type HostId } from '@drover/protocol'
import type { Context } from '../context.ts'
import { isActive } from '../core/run/run.ts'
import { nameOf } from '../show/wait.ts'
import { openOrders } from '../world/world.ts'
import { waitUntil } from './wait-until.ts'

/**
 * Waits, for a few seconds at most, until what a run that is over has left under way on connected hosts has ended and newer facts have come:
 * a forecast made before that would not be what is done. Says whether the hosts are quiet; a run that goes on is not waited for.
 */
export const awaitOrders = async (context: Context, cluster: string): Promise<boolean> => {
  const run = context.world.runs.get(cluster)
  if (run === undefined || isActive(run)) return true
  return waitUntil(context, () => stillOpen(context, cluster).length === 0)
}

/** The same for a deletion, which is refused while a step that could put something on a host is under way there. */
export const requireQuiet = async (context: Context, cluster: string): Promise<void> => {
  if (await awaitOrders(context, cluster)) return
  const [order] = stillOpen(context, cluster).filter(({ endedAt }) => endedAt === null)
  if (order === undefined) return
  const kind = order.key.slice(0, order.key.indexOf('@'))
  throw new DroverError('resource.conflict', `${nameOf(context.world, order.host)} still carries out ${kind} of the last run: ask again when it has ended (drover status ${cluster})`)
}

const isConnected = ({ world }: Context, id: HostId): boolean => world.live.get(id)?.online === true

const stillOpen = (context: Context, cluster: string): ReturnType<typeof openOrders> =>
  openOrders(context.world, cluster).filter(({ host }) => isConnected(context, host))
