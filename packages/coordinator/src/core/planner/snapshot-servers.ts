import type { HostId, PlanInput } from '@drover/protocol'
import { isOnEtcd, serversInTurn, startedServers, votes } from './etcd-members.ts'
import { type Member, seedOf } from './members.ts'

/**
 * The servers of which a snapshot can be taken now, the best first. On SQLite that is the seed, whether or not it can be reached;
 * on etcd each one that votes, and the one that leads the others last: it has the most to do.
 */
export const snapshotServers = (input: PlanInput): readonly Member[] => {
  const seed = seedOf(input)
  if (!isOnEtcd(input)) return seed === undefined ? [] : [seed]
  const leader = input.view.facts.leader?.value ?? null
  const able = startedServers(input).filter(({ id }) => votes(input, id))
  return [...able.filter(({ id }) => id !== leader), ...able.filter(({ id }) => id === leader)]
}

/** A server's place among those of its cluster, from 0, in the order in which they join. */
export const placeOf = (input: PlanInput, id: HostId): number => Math.max(0, serversInTurn(input).findIndex((server) => server.id === id))
