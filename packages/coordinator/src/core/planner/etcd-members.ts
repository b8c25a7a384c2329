import { datastoreOf, type HostId, type HostView, type PlanInput } from '@drover/protocol'
import { dataOf } from './data-of.ts'
import { isFresh } from './facts.ts'
import { type Member, membersOf } from './members.ts'

/** True where the spec asks for etcd and the objects are in SQLite: until they are moved the cluster is run as one on SQLite. */
export const isToGrow = ({ spec, settled, view }: PlanInput): boolean => datastoreOf(spec) === 'etcd' && dataOf(view, settled.seed) === 'sqlite'

/** True where the cluster keeps its objects in etcd, or will from its first start on. */
export const isOnEtcd = (input: PlanInput): boolean => datastoreOf(input.spec) === 'etcd' && !isToGrow(input)

/** True once k3s has been started on a server in this incarnation: it has an etcd member, or is about to have one. */
export const hasStarted = (input: PlanInput, { facts: { k3s } }: Pick<Member, 'facts'>): boolean =>
  k3s !== null && k3s.incarnation === input.settled.incarnation && (k3s.wasActive || k3s.state === 'starting' || k3s.state === 'active')

/** The order in which servers join: as the spec names them, else by name; what is stored of settled choices keeps no order. */
const byTurn = ({ spec }: PlanInput) => (a: Member, b: Member): number => {
  const turn = ({ host: { name } }: Member): number => spec.servers.names?.indexOf(name) ?? 0
  return turn(a) - turn(b) || a.host.name.localeCompare(b.host.name, 'en', { numeric: true })
}

/** All servers, in the order in which they join. */
export const serversInTurn = (input: PlanInput): readonly Member[] => membersOf(input, 'server').toSorted(byTurn(input))

/** The servers that have started, in the order in which they join. */
export const startedServers = (input: PlanInput): readonly Member[] => serversInTurn(input).filter((server) => hasStarted(input, server))

/** False for a member of an incarnation before that of the seed: it votes in another cluster, if it does. */
const isOfThisLife = ({ view, settled: { seed, incarnation } }: PlanInput, { facts: { claim } }: HostView): boolean => {
  const life = Math.min(incarnation, view.hosts[seed]?.facts.claim?.value?.incarnation ?? incarnation)
  return (claim?.value?.incarnation ?? life) >= life
}

/** True where a host is connected and its own etcd said not long ago that it votes, is healthy and knows a leader. */
export const votes = (input: PlanInput, id: HostId): boolean => {
  const host = input.view.hosts[id]
  const etcd = host?.facts.etcd
  return host?.online.value === true && etcd?.value === 'voter' && isFresh(etcd, input.now) && isOfThisLife(input, host)
}

/** The started servers beside one whose vote is missing. */
export const silentBeside = (input: PlanInput, id: HostId): readonly Member[] => startedServers(input).filter((server) => server.id !== id && !votes(input, server.id))

/** Who gives a joining member its vote: the seed, or the first other server that votes. */
export const promoterOf = (input: PlanInput, joiner: HostId): Member | undefined => {
  const able = startedServers(input).filter(({ id }) => id !== joiner && votes(input, id))
  return able.find(({ id }) => id === input.settled.seed) ?? able[0]
}

type Change = { readonly class: PlanInput['open'][number]['class']; readonly change: HostId | null }

/** True for a change of etcd's members that is over although its order is still open: the new member votes. */
export const hasJoined = (input: PlanInput, { class: stepClass, change }: Change): boolean => stepClass === 'membership' && change !== null && votes(input, change)
