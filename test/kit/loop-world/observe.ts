import { type Fact, type HostFacts, type HostView, NO_FIREWALL, type PlanInput, type Settled, type View } from '@drover/protocol'
import { approvedRequests } from '../../../packages/coordinator/src/core/planner/requests.ts'
import type { LoopWorld, WorldCluster, WorldHost } from './world.ts'

/** What the coordinator sees of a host: as it was when it last reported. */
const viewOf = (host: WorldHost, told: Partial<HostView['facts']>): HostView => ({
  name: host.name,
  online: { value: host.online, seenAt: host.seenAt },
  labels: host.labels,
  arch: host.arch,
  mayBe: 'any',
  cluster: host.cluster,
  ...(host.state === undefined ? {} : { state: host.state }),
  measured: { value: host.measured, seenAt: host.seenAt },
  facts: { ...Object.fromEntries(Object.entries(host.seen).map(([name, value]): [string, Fact<unknown>] => [name, { value, seenAt: host.seenAt }])), ...told },
})

const told = ({ facts, unread }: WorldHost): HostFacts => {
  const traces = facts.firewall.active !== null || facts.firewall.staged !== null
  return unread ? { ...facts, firewall: { ...NO_FIREWALL, unread: { why: 'nft cannot list its table', traces } } } : facts
}

/** A server whose etcd has lost its leader answers nothing. */
const answers = ({ settled }: WorldCluster, { facts: { k3s, etcd } }: WorldHost): boolean =>
  k3s?.state === 'active' && (settled?.etcd === undefined || k3s.datastore === 'sqlite' || etcd === 'voter')

/** Facts come in from whoever is connected and reports. */
export const report = (world: LoopWorld): void => {
  for (const host of world.hosts.values()) {
    if (!host.online || host.silent) continue
    host.seenAt = world.now
    host.seen = told(host)
  }
  for (const cluster of world.clusters.values()) {
    const servers = [...world.hosts.values()].filter(({ id, seenAt }) => cluster.settled?.roles[id] === 'server' && seenAt === world.now)
    if (servers.length === 0) continue
    cluster.apiSeenAt = world.now
    cluster.apiUp = servers.some((server) => answers(cluster, server))
  }
}

/** An order that has ended stays open until facts that are newer than its end have come. */
export const closeOrders = (world: LoopWorld): void => {
  for (const cluster of world.clusters.values()) {
    cluster.open = cluster.open.filter(({ host: id, endedAt }) => {
      const host = [...world.hosts.values()].find((one) => one.id === id)
      return endedAt === null || host === undefined || host.seenAt < endedAt
    })
  }
}

/** What servers that vote tell of another host, also of one that is away: its Node and its member. */
const toldOf = (world: LoopWorld, { settled }: WorldCluster, { id, facts }: WorldHost): Partial<HostView['facts']> => {
  const isTold = settled?.roles[id] !== undefined && [...world.hosts.values()].some((host) => settled.roles[host.id] === 'server' && host.online && host.facts.etcd === 'voter')
  return isTold ? { listed: { value: facts.listed, seenAt: world.now }, node: { value: facts.node, seenAt: world.now } } : {}
}

/** A cluster's view over all hosts of the coordinator. */
export const observe = (world: LoopWorld, cluster: WorldCluster): View => ({
  cluster: cluster.name,
  hosts: Object.fromEntries([...world.hosts.values()].map((host) => [host.id, viewOf(host, toldOf(world, cluster, host))])),
  facts: {
    api: { value: cluster.apiUp ? 'up' : 'down', seenAt: cluster.apiSeenAt },
    answered: { value: cluster.answered, seenAt: world.now },
  },
})

/** What the planner reads of a cluster that has been approved. */
export const inputOf = (world: LoopWorld, cluster: WorldCluster, settled: Settled): PlanInput => ({
  now: world.now,
  spec: cluster.spec,
  settled,
  view: observe(world, cluster),
  requests: approvedRequests(cluster.requests, cluster.forecast),
  open: cluster.open,
  waiting: cluster.waiting,
})
