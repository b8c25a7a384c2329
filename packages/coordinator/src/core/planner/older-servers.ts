import { type HostId, type PlanInput, quorumOf, type Request, RestoreWishSchema } from '@drover/protocol'
import { hasStarted, isOnEtcd } from './etcd-members.ts'
import { type Member, membersOf, seedOf } from './members.ts'
import { waitReach } from './wait.ts'

/** True for a server beside the seed whose etcd data, if it has any, are of an earlier incarnation than the cluster's. */
export const isOlder = (input: PlanInput, { id, role, facts: { claim } }: Member): boolean =>
  isOnEtcd(input) &&
  role === 'server' &&
  id !== input.settled.seed &&
  claim !== null &&
  claim.cluster === input.spec.cluster &&
  claim.incarnation < input.settled.incarnation

/** Those servers. */
export const olderServers = (input: PlanInput): readonly Member[] => membersOf(input, 'server').filter((server) => isOlder(input, server))

/** Once the seed has been started in the new incarnation those that come back are late: each of them joins it in its turn. */
export const isGoingOn = (input: PlanInput): boolean => {
  const seed = seedOf(input)
  return seed !== undefined && hasStarted(input, seed) && seed.facts.k3s?.state !== 'stopped' && seed.facts.k3s?.state !== 'failed'
}

/** The servers that a person has said to be off for good. */
export const leftOut = (request: Request | undefined): ReadonlySet<HostId> =>
  new Set(request?.kind === 'restore' ? (RestoreWishSchema.parse(request.params).without ?? []) : [])

/** Members of the incarnation before that cannot be reached, and what they could do: as many as its quorum go on without the others. */
export type Absent = { readonly away: readonly Member[]; readonly members: number; readonly quorum: number; readonly mayGoOn: boolean }

/** The servers that are away with data of the incarnation before, but for those that a person has said to be off for good. */
export const absentOlder = (input: PlanInput, request: Request | undefined): Absent => {
  const left = leftOut(request)
  const away = olderServers(input).filter((server) => !left.has(server.id) && waitReach(input, server) !== null)
  const members = membersOf(input, 'server').filter(({ facts: { claim } }) => claim?.cluster === input.spec.cluster).length
  const quorum = quorumOf(members)
  return { away, members, quorum, mayGoOn: away.length >= quorum }
}
