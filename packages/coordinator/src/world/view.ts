import { type Fact, type HostId, type HostView, type NodeSeen, seenFacts, type Settled, STALE_AFTER, type Time, type View } from '@drover/protocol'
import type { HostRow, StoredFacts } from '../store/hosts.ts'
import { listedAt, readListing } from './listed.ts'
import { measuredOf, nodeState } from './measured.ts'
import { clusterOf, type HostLive, isCloned, isHeard, type World } from './world.ts'

type ClusterSight = { readonly ready: Fact<boolean>; readonly nodes: Fact<Readonly<Record<string, NodeSeen>>> | null } | null

/**
 * The compact view of a cluster. Candidates are all hosts that their join token lets into it (for a forecast) or the
 * members alone.
 */
export const viewOf = (world: World, about: { readonly cluster: string; readonly hosts: 'all' | 'members'; readonly now: Time }): View => {
  const { roles, node } = world.clusters.get(about.cluster)?.settled ?? { roles: {}, node: {} as Settled['node'] }
  const listing = readListing(world, { roles })
  const sight = clusterSight(world, roles)
  const hosts: Record<string, HostView> = {}
  for (const host of world.hosts.values()) {
    const member = Object.hasOwn(roles, host.id)
    if (member || (about.hosts === 'all' && mayJoin(host, about.cluster))) hosts[host.id] = hostView({ world, host, sight: member ? sight : null, listed: member ? listedAt(listing, node[host.id]?.ip) : {}, now: about.now, doubts: about.hosts === 'members' })
  }
  return {
    cluster: about.cluster,
    hosts: hosts as View['hosts'],
    facts: { ...apiIn(sight), ...leaderIn(world, roles), answered: { value: {}, seenAt: about.now } },
  }
}

/** Who leads etcd, by the newest word of a member that knows. */
const leaderIn = (world: World, roles: Readonly<Record<string, 'server' | 'agent'>>): Pick<View['facts'], 'leader'> => {
  const told = Object.keys(roles).flatMap((key) => {
    const facts = world.hosts.get(key as HostId)?.facts ?? null
    const etcd = facts?.value.facts.etcd ?? null
    return facts === null || etcd === null ? [] : [{ id: key as HostId, etcd, seenAt: facts.seenAt }]
  })
  const newest = told.filter(({ etcd }) => etcd.leader !== null).toSorted((a, b) => b.seenAt - a.seenAt)[0]
  if (newest === undefined) return {}
  return { leader: { value: told.find(({ etcd }) => etcd.id === newest.etcd.leader)?.id ?? null, seenAt: newest.seenAt } }
}

const apiIn = (sight: ClusterSight): Pick<View['facts'], 'api'> =>
  sight === null ? {} : { api: { value: sight.ready.value ? 'up' : 'down', seenAt: sight.ready.seenAt } }

const mayJoin = (host: HostRow, cluster: string): boolean => host.clusterLimit === null || host.clusterLimit === cluster

/**
 * What the servers say: the API is ready where any that is connected said so not long before the newest word of all; how the Nodes are is told by the
 * newest that knows. A server that is only starting knows neither.
 */
const clusterSight = (world: World, roles: Readonly<Record<string, 'server' | 'agent'>>): ClusterSight => {
  const servers = Object.entries(roles).filter(([, role]) => role === 'server')
  const seen = servers.flatMap(([id]) => {
    const host = world.hosts.get(id as HostId)
    return host === undefined || host.facts === null ? [] : [{ ...host.facts, online: isHeard(world, host) }]
  })
  const byAge = seen.toSorted((a, b) => b.seenAt - a.seenAt)
  const [newest] = byAge
  if (newest === undefined) return null
  const fresh = byAge.filter(({ seenAt }) => newest.seenAt - seenAt <= STALE_AFTER.host)
  const { seenAt, value } = fresh.find((facts) => facts.online && facts.value.cluster?.ready === true) ?? newest
  const told = fresh.find((facts) => (facts.value.cluster?.nodes ?? null) !== null)
  const nodes = told?.value.cluster?.nodes ?? null
  return { ready: { value: value.cluster?.ready === true, seenAt }, nodes: told === undefined || nodes === null ? null : { value: nodes, seenAt: told.seenAt } }
}

const UNSEEN: HostLive = { online: false, onlineAt: 0, clockOffsetMs: null }

type AboutHost = { readonly world: World; readonly host: HostRow; readonly sight: ClusterSight; readonly listed: Pick<HostView['facts'], 'listed'>; readonly now: Time; readonly doubts: boolean }

const hostView = (about: AboutHost): HostView => {
  const { world, host, sight } = about
  const live = world.live.get(host.id) ?? UNSEEN
  const isOnline = isHeard(world, host)
  const measured = measuredOf(host.inventory, live.clockOffsetMs ?? 0)
  return {
    name: host.name,
    online: { value: isOnline, seenAt: isOnline ? about.now : live.onlineAt },
    labels: host.labels,
    arch: host.inventory.sections.hardware?.os.arch ?? 'amd64',
    mayBe: host.role,
    cluster: clusterOf(world, host.id)?.name ?? null,
    ...marksOf(host),
    ...(measured === null ? {} : { measured }),
    ...(about.doubts ? doubtOf(world, host) : {}),
    facts: { ...factsOf(host, sight), ...about.listed, ...witnessedOf(world, host) },
  }
}

/** What witnesses say against rules on trial; a forecast is made as if nobody had said anything. */
const doubtOf = ({ trials }: World, { id }: HostRow): Pick<HostView, 'doubt'> => {
  const doubt = trials.get(id)?.doubt ?? null
  return doubt === null ? {} : { doubt }
}

/** Whether witnesses have come through the rules that are on trial on the host now. */
const witnessedOf = ({ trials }: World, { id, facts }: HostRow): Pick<HostView['facts'], 'witnessed'> => {
  if (facts === null) return {}
  const trial = trials.get(id)
  const isWitnessed = trial?.witnessed === true && facts.value.facts.firewall.staged?.rules === trial.rules
  return { witnessed: { value: isWitnessed ? trial.rules : null, seenAt: facts.seenAt } }
}

/** What keeps a host from being planned on, whatever is known of it. */
const marksOf = (host: HostRow): Pick<HostView, 'state' | 'clone'> => ({
  ...(host.state === 'active' ? {} : { state: host.state }),
  ...(isCloned(host) ? { clone: true } : {}),
})

const factsOf = (host: HostRow, sight: ClusterSight): HostView['facts'] => {
  if (host.facts === null) return {}
  const { value, seenAt } = host.facts
  const node = sight === null ? null : sight.nodes
  return {
    ...stamped(value.facts, seenAt),
    ...(node === null ? {} : { node: { value: nodeState(Object.hasOwn(node.value, host.name) ? node.value[host.name] : undefined), seenAt: node.seenAt } }),
  }
}

const stamped = (facts: StoredFacts['value']['facts'], seenAt: Time): HostView['facts'] =>
  Object.fromEntries(Object.entries(seenFacts(facts)).map(([name, value]): [string, Fact<unknown>] => [name, { value, seenAt }]))

/** Names of what is too old to plan on, of one host. */
export const staleOf = (host: HostRow, now: Time): string[] => {
  const sections = Object.entries(host.inventory.seenAt).filter(([, at]) => now - at > STALE_AFTER.inventory)
  const facts = host.facts !== null && now - host.facts.seenAt > STALE_AFTER.host ? ['facts'] : []
  return [...sections.map(([name]) => name), ...facts]
}
