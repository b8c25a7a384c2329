import type { HostId } from '@drover/protocol'
import type { Context } from '../context.ts'
import type { HostRow } from '../store/hosts.ts'

/** A host as it is kept for good once it was removed: its key is refused from then on, its name is free. */
export const gone = (host: HostRow): HostRow => ({ ...host, state: 'revoked', name: `${host.name.slice(0, 40)}-gone-${host.id.slice(2, 10)}` })

/** Takes a removed host out of the world and ends its session; its own commit comes before. */
export const forgetHost = (context: Context, id: HostId): void => {
  context.world.hosts.delete(id)
  context.world.live.delete(id)
  context.hub().close(id, 4403)
  context.wake(null)
}
