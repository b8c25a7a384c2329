import { type Fact, type HostFacts, type HostId, type HostView, STALE_AFTER, type Time, type View } from '@drover/protocol'
import type { HostRow } from '../store/hosts.ts'
import { measuredOf, nodeState } from './measured.ts'
import { clusterOf, type World } from './world.ts'

type ClusterSight = { readonly ready: Fact<boolean>; readonly nodes: Fact<Readonly<Record<string, Parameters<typeof nodeState>[0]>>> | null } | null

/**
 * The compact view of a cluster. Candidates are all hosts that their join token lets into it (for a
 * forecast) or the members alone.
 */
export const viewOf = (world: World, about: { readonly cluster: string; readonly hosts: 'all' | 'members'; readonly now: Time }): View => {
  const row = world.clusters.get(about.cluster)
  const sight = row === undefined ? null : clusterSight(world, row.settled.roles)
  const hosts: Record<string, HostView> = {}
  for (const host of world.hosts.values()) {
    const member = row !== undefined && Object.hasOwn(row.settled.roles, host.id)
    if (!member && (about.hosts === 'members' || (host.clusterLimit !== null && host.clusterLimit !== about.cluster))) continue
    hosts[host.id] = hostView({ world, host, sight: member ? sight : null, now: about.now })
  }
  const answered = Object.fromEntries([...world.requests.values()].filter((request) => request.state === 'done').map((request) => [request.id, true as const]))
  const api: Fact<'up' | 'down'> | undefined = sight === null ? undefined : { value: sight.ready.value ? 'up' : 'down', seenAt: sight.ready.seenAt }
  return {
    cluster: about.cluster,
    hosts: hosts as View['hosts'],
    facts: { ...(api === undefined ? {} : { api }), answered: { value: answered, seenAt: about.now } },
  }
}

/** What the server with the newest facts says: whether the API is ready and how its Nodes are. */
const clusterSight = (world: World, roles: Readonly<Record<string, 'server' | 'agent'>>): ClusterSight => {
  let newest: ClusterSight = null
  for (const [id, role] of Object.entries(roles)) {
    const facts = world.hosts.get(id as HostId)?.facts
    if (role !== 'server' || facts === null || facts === undefined) continue
    if (newest !== null && newest.ready.seenAt >= facts.seenAt) continue
    const nodes = facts.value.cluster?.nodes
    newest = {
      ready: { value: facts.value.cluster?.ready ?? false, seenAt: facts.seenAt },
      nodes: nodes === null || nodes === undefined ? null : { value: nodes, seenAt: facts.seenAt },
    }
  }
  return newest
}

const hostView = (about: { world: World; host: HostRow; sight: ClusterSight; now: Time }): HostView => {
  const { world, host, sight } = about
  const live = world.live.get(host.id)
  const measured = measuredOf(host.inventory, live?.clockOffsetMs ?? 0)
  return {
    name: host.name,
    online: { value: live?.online ?? false, seenAt: live?.online === true ? about.now : (live?.onlineAt ?? 0) },
    labels: host.labels,
    arch: host.inventory.sections.hardware?.os.arch ?? 'amd64',
    cluster: clusterOf(world, host.id)?.name ?? null,
    ...(host.state === 'active' ? {} : { state: host.state }),
    ...(measured === null ? {} : { measured }),
    facts: factsOf(host, sight),
  }
}

const factsOf = (host: HostRow, sight: ClusterSight): HostView['facts'] => {
  if (host.facts === null) return {}
  const { value, seenAt } = host.facts
  const { binary, images, config, claim, k3s } = value.facts
  const unit: HostFacts['k3s'] =
    k3s === null
      ? null
      : { role: k3s.role, state: k3s.state, wasActive: k3s.wasActive, current: k3s.current, incarnation: k3s.incarnation }
  const node = sight?.nodes ?? null
  return {
    binary: { value: binary, seenAt },
    images: { value: images, seenAt },
    config: { value: config, seenAt },
    claim: { value: claim, seenAt },
    k3s: { value: unit, seenAt },
    ...(node === null ? {} : { node: { value: nodeState(node.value[host.name]), seenAt: node.seenAt } }),
  }
}

/** Names of what is too old to plan on, of one host. */
export const staleOf = (host: HostRow, now: Time): string[] => {
  const sections = Object.entries(host.inventory.seenAt).filter(([, at]) => now - at > STALE_AFTER.inventory)
  const facts = host.facts !== null && now - host.facts.seenAt > STALE_AFTER.host ? ['facts'] : []
  return [...sections.map(([name]) => name), ...facts]
}
