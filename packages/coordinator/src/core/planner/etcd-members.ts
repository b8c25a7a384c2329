import { datastoreOf, type HostId, type HostView, type PlanInput } from '@drover/protocol'
import { dataOf } from './data-of.ts'
import { isFresh } from './facts.ts'
import { isLeaving, type Member, membersOf } from './members.ts'

/** True where the spec asks for etcd and the objects are in SQLite: until they are moved the cluster is run as one on SQLite. */
export const isToGrow = ({ spec, settled, view }: PlanInput): boolean => datastoreOf(spec) === 'etcd' && dataOf(view, settled.seed) === 'sqlite'

/** True where the cluster keeps its objects in etcd, or will from its first start on. */
export const isOnEtcd = (input: PlanInput): boolean => datastoreOf(input.spec) === 'etcd' && !isToGrow(input)

/**
 * True for a server that was joining and has no member: it never was up, those that vote list none of it, and nobody is starting it
 * there any more. It joins anew.
 */
export const isLost = ({ open }: Pick<PlanInput, 'open'>, { id, host, facts: { k3s } }: Pick<Member, 'id' | 'host' | 'facts'>): boolean =>
  k3s?.wasActive !== true && host.facts.listed?.value === 'none' && !(host.online.value && open.some((order) => order.host === id && order.key.startsWith('k3s.start@')))

/** How long a host that joins may be away before its learner is taken for stuck, in ms: it may only have lost a connection. */
const PATIENCE_MS = 60_000

/** True for a joiner that has no member and whose host has been away for a while: until then it may be back at any moment and go on with its start. */
export const hasGivenUp = (input: PlanInput, server: Member): boolean =>
  !server.host.online.value && input.now - server.host.online.seenAt >= PATIENCE_MS && isLost(input, server)

/** True for a learner whose host is away for longer, or has nothing of k3s any more: etcd takes in no other while it is there. */
export const isStuck = ({ now }: Pick<PlanInput, 'now'>, { host, facts }: Member): boolean => {
  if (facts.listed !== 'learner' || facts.k3s?.wasActive === true) return false
  return host.online.value ? host.facts.k3s?.value === null : now - host.online.seenAt >= PATIENCE_MS
}

/** True once k3s has been started on a server in this incarnation: it has an etcd member, or is about to have one. */
export const hasStarted = (input: PlanInput, server: Pick<Member, 'id' | 'host' | 'facts'>): boolean => {
  const { k3s } = server.facts
  return k3s !== null && k3s.incarnation === input.settled.incarnation && (k3s.wasActive || ((k3s.state === 'starting' || k3s.state === 'active') && !isLost(input, server)))
}

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

/** True while the k3s of a server comes up for the first time and its own etcd says nothing yet. */
const comesUp = ({ online, facts: { k3s, etcd } }: HostView): boolean => online.value && k3s?.value?.state === 'starting' && !k3s.value.wasActive && etcd?.value === 'none'

/**
 * True where a server has its vote by its own word, or, while it comes up, by that of another member: its etcd may take a dozen
 * seconds more to answer (facts 13.3), and takes in a next member only once all that vote have been connected for a while.
 */
export const hasVote = (input: PlanInput, id: HostId): boolean => {
  const host = input.view.hosts[id]
  if (host === undefined || votes(input, id)) return host !== undefined
  const { listed } = host.facts
  return comesUp(host) && listed?.value === 'voter' && isFresh(listed, input.now) && isOfThisLife(input, host)
}

/** The started servers beside a joiner that have no vote yet. */
export const votelessBeside = (input: PlanInput, id: HostId): readonly Member[] => startedServers(input).filter((server) => server.id !== id && !hasVote(input, server.id))

/** The started servers beside one whose vote is missing. */
export const silentBeside = (input: PlanInput, id: HostId): readonly Member[] => startedServers(input).filter((server) => server.id !== id && !votes(input, server.id))

/** Who changes the member of another server: the seed, or the first other one that votes and stays. */
export const promoterOf = (input: PlanInput, joiner: HostId): Member | undefined => {
  const able = startedServers(input).filter(({ id }) => id !== joiner && !isLeaving(input, id) && votes(input, id))
  return able.find(({ id }) => id === input.settled.seed) ?? able[0]
}

type Change = Pick<PlanInput['open'][number], 'key' | 'class' | 'change'>

/** Changes by which a member goes: its vote does not tell that they are over. */
const TAKES_OUT = /^(?:etcd\.remove|node\.delete)@/

/** True for a change of etcd's members that is over although its order is still open: the new member has its vote. */
export const hasJoined = (input: PlanInput, { key, class: stepClass, change }: Change): boolean => stepClass === 'membership' && change !== null && !TAKES_OUT.test(key) && hasVote(input, change)
