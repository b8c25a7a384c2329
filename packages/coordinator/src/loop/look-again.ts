import type { ClusterSpec, HostId } from '@drover/protocol'
import type { Context } from '../context.ts'
import { draftMembers } from './make-forecast.ts'
import { waitUntil } from './wait-until.ts'

/**
 * Has the connected hosts that a spec would put k3s on look at themselves again, so that a port that was just freed or a
 * disk that has just run full is judged as it is now. Waits a few seconds at most; who has not answered is planned on as last seen.
 */
export const lookAgain = async (context: Context, spec: ClusterSpec): Promise<void> => {
  const asked = context.now()
  const hosts = draftMembers(context, spec).filter((id) => seenAt(context, id) < asked)
  const answers = await Promise.all(hosts.map((id) => ask(context, id)))
  const waiting = hosts.filter((_, index) => answers[index] === true)
  await waitUntil(context, () => waiting.every((id) => seenAt(context, id) >= asked))
}

const seenAt = ({ world }: Context, id: HostId): number => world.hosts.get(id)?.inventory.seenAt['state'] ?? 0

const ask = async (context: Context, id: HostId): Promise<boolean> => {
  const session = context.hub().session(id)
  if (session === undefined || session.state !== 'active') return false
  return session.send('inventory.refresh', {}).then(
    () => true,
    () => false,
  )
}
