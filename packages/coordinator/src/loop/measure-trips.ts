import { randomUUID } from 'node:crypto'
import { type ClusterSpec, datastoreOf, type ForAgent, type HostId } from '@drover/protocol'
import type { Context } from '../context.ts'
import { RTT_MS } from '../core/planner/findings/servers-fit.ts'
import { draft } from './make-forecast.ts'
import { waitUntil } from './wait-until.ts'

/** SSH answers nearly everywhere, and a port on which nobody listens answers as quickly. */
const PORTS = [22, 6_443] as const

/** The least of them counts. */
const TRIES = 10

/** A longer one may have been measured on a busy machine: it is measured again before it speaks against anything. */
const KNOWN_BELOW_US = RTT_MS.note * 1000

type Target = ForAgent<'probe'>['targets'][number]
type Question = { readonly host: HostId; readonly from: string; readonly targets: readonly Target[] }

/**
 * Has the servers that a spec would have on etcd dial each other where nobody knows yet how long that takes, or it took long: etcd's timing
 * follows from it. Waits a few seconds at most; what did not answer stays unknown.
 */
export const measureTrips = async (context: Context, spec: ClusterSpec): Promise<void> => {
  if (datastoreOf(spec) !== 'etcd') return
  const { trips } = context.world
  const asked = await Promise.all(questionsFor(context, spec).map((question) => ask(context, question)))
  const ids = asked.flatMap((id) => (id === null ? [] : [id]))
  await waitUntil(context, () => ids.every((id) => !trips.has(id)))
  for (const id of ids) trips.delete(id)
}

const questionsFor = (context: Context, spec: ClusterSpec): readonly Question[] => {
  const { roles, node } = draft(context, spec)
  const servers = (Object.keys(roles) as HostId[]).flatMap((host) => (roles[host] === 'server' && node[host] !== undefined ? [{ host, ip: node[host].ip }] : []))
  return servers.flatMap(({ host, ip: from }) => {
    const known = context.world.hosts.get(host)?.inventory.rttUs ?? {}
    const unknown = servers.filter((other) => other.host !== host && (known[other.host] ?? Number.POSITIVE_INFINITY) > KNOWN_BELOW_US)
    return unknown.length === 0 ? [] : [{ host, from, targets: unknown.flatMap((other) => PORTS.map((port) => ({ ...other, port }))) }]
  })
}

/** Asks a host that is connected; the id of the question, or null where it could not be asked. */
const ask = async ({ hub, world }: Context, { host, from, targets }: Question): Promise<string | null> => {
  const session = hub().session(host)
  if (session?.state !== 'active') return null
  const id = randomUUID()
  world.trips.set(id, host)
  return session.send('probe', { id, from, targets: [...targets], tries: TRIES }).then(
    () => id,
    () => {
      world.trips.delete(id)
      return null
    },
  )
}
