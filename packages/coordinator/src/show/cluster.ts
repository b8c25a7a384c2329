import { type Cluster, type HostFacts, type HostId, type HostView, STALE_AFTER } from '@drover/protocol'
import type { ClusterRow } from '../store/clusters.ts'
import { viewOf } from '../world/view.ts'
import type { World } from '../world/world.ts'
import { showEtcd } from './etcd.ts'
import { findMissedFirings } from './firings.ts'
import { showSchedules } from './schedules.ts'
import { showFirewall } from './firewall.ts'
import { serversFirst } from './servers-first.ts'
import { nameOf, showFinding, showWait } from './wait.ts'

/** A cluster as the API shows it at a moment (ms); `pending` is a forecast that waits for approval. */
export const showCluster = (world: World, cluster: ClusterRow, about: { readonly now: number; readonly pending: string | null }): Cluster => {
  const { now, pending } = about
  const view = viewOf(world, { cluster: cluster.name, hosts: 'members', now })
  const plan = world.plans.get(cluster.name)
  const since = world.waiting.get(cluster.name)
  const api = view.facts.api
  const fresh = api !== undefined && now - api.seenAt <= STALE_AFTER.host
  return {
    name: cluster.name as Cluster['name'],
    spec: cluster.spec,
    revision: cluster.revision,
    incarnation: cluster.settled.incarnation,
    apiEndpoint: `https://${cluster.settled.apiEndpoint}:6443`,
    api: fresh ? api.value : 'unknown',
    members: Object.entries(cluster.settled.roles)
      .map(([id, role]) => showMember({ world, view, cluster, now }, id as HostId, role))
      .toSorted(serversFirst),
    etcd: showEtcd(world, cluster, now),
    schedules: showSchedules(world, cluster, now),
    why: cluster.settled.why.map((said) => ({ code: said.code, args: { ...said.args } })),
    run: (world.runs.get(cluster.name)?.id ?? null) as Cluster['run'],
    pending: pending as Cluster['pending'],
    waits: (plan?.waits ?? []).map((wait) => showWait(world, wait, since?.get(wait.key) ?? null)),
    findings: [...(plan?.findings ?? []), ...findMissedFirings(world, cluster, now)].map((finding) => showFinding(world, finding)),
    createdAt: cluster.createdAt,
  }
}

type About = { readonly world: World; readonly view: ReturnType<typeof viewOf>; readonly cluster: ClusterRow; readonly now: number }

const showMember = (about: About, id: HostId, role: 'server' | 'agent'): Cluster['members'][number] => {
  const { world, view, cluster, now } = about
  const host = view.hosts[id]
  const ip = cluster.settled.node[id]?.ip ?? ''
  if (host === undefined) return { host: nameOf(world, id), role, ip, online: false, node: 'unknown', k3s: 'unknown', version: null, firewall: 'unknown', seenAt: null, stale: true }
  const { k3s, node, binary, firewall } = host.facts
  return {
    host: host.name,
    role,
    ip,
    online: host.online.value,
    node: node === undefined ? 'unknown' : node.value,
    k3s: k3s === undefined ? 'unknown' : stateOf(k3s.value),
    version: versionOf(binary?.value ?? null),
    firewall: firewallOf(firewall),
    seenAt: k3s === undefined ? null : k3s.seenAt,
    stale: k3s === undefined || now - k3s.seenAt > STALE_AFTER.host,
  }
}

const firewallOf = (fact: HostView['facts']['firewall']): Cluster['members'][number]['firewall'] => (fact === undefined ? 'unknown' : showFirewall(fact.value).state)

const stateOf = (unit: HostFacts['k3s']): string => (unit === null ? 'none' : unit.state)

const versionOf = (binary: HostFacts['binary']): string | null => (binary === null ? null : binary.version)
