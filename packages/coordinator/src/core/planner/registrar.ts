import { type HostId, type PlanInput, serverIn } from '@drover/protocol'
import { apiUrl } from './api-url.ts'
import { hasStarted, isOnEtcd, serversInTurn, votes } from './etcd-members.ts'
import { lastKnown } from './facts.ts'
import { isLeaving } from './members.ts'

/** A server that stays and that others can find the cluster by. */
type Door = { readonly id: HostId; readonly url: string; readonly votes: boolean }

/** Each host asks for them, so that they are put together once for an input; the seed comes first. */
const KNOWN = new WeakMap<PlanInput, readonly Door[]>()

const readDoors = (input: PlanInput): readonly Door[] => {
  const { node, seed } = input.settled
  const all = serversInTurn(input).flatMap(({ id }) => (node[id] === undefined || isLeaving(input, id) ? [] : [{ id, url: apiUrl(node[id].ip), votes: votes(input, id) }]))
  return [...all.filter(({ id }) => id === seed), ...all.filter(({ id }) => id !== seed)]
}

const doorsBeside = (input: PlanInput, id: HostId): readonly Door[] => {
  const all = KNOWN.get(input) ?? readDoors(input)
  KNOWN.set(input, all)
  return all.filter((door) => door.id !== id)
}

/** The server that a host's settings name already, as long as it is one of the cluster: for good once k3s has run on the host, before that while it votes. */
const presentOf = (input: PlanInput, id: HostId, doors: readonly Door[]): Door | undefined => {
  const host = input.view.hosts[id]
  if (host === undefined) return undefined
  const facts = lastKnown(host)
  const door = doors.find(({ url }) => url === serverIn(facts.config?.text ?? ''))
  return door !== undefined && (door.votes || hasStarted(input, { id, host, facts })) ? door : undefined
}

/**
 * The server by which a host joins, and by which it finds its cluster again should its data ever be lost. Whoever has joined keeps it, however it
 * fares; a new host takes the seed, or where that does not vote the first server that does. The seed itself names another
 * server as soon as one votes; null until then: it makes the cluster.
 */
export const registrarOf = (input: PlanInput, id: HostId): HostId | null => {
  const { seed } = input.settled
  const doors = doorsBeside(input, id)
  if (id === seed && !isOnEtcd(input)) return null
  const door = presentOf(input, id, doors) ?? doors.find((one) => one.votes)
  return door?.id ?? (id === seed ? null : seed)
}
