import { type Cluster, type HostId, STALE_AFTER } from '@drover/protocol'
import type { ClusterRow } from '../store/clusters.ts'
import { viewOf } from '../world/view.ts'
import type { World } from '../world/world.ts'
import { showFinding, showWait } from './wait.ts'

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
    members: Object.entries(cluster.settled.roles).map(([id, role]) => showMember({ world, view, cluster, now }, id as HostId, role)),
    why: cluster.settled.why.map((said) => ({ code: said.code, args: { ...said.args } })),
    run: (world.runs.get(cluster.name)?.id ?? null) as Cluster['run'],
    pending: pending as Cluster['pending'],
    waits: (plan?.waits ?? []).map((wait) => showWait(world, wait, since?.get(wait.key) ?? null)),
    findings: (plan?.findings ?? []).map((finding) => showFinding(world, finding)),
    createdAt: cluster.createdAt,
  }
}

type About = { readonly world: World; readonly view: ReturnType<typeof viewOf>; readonly cluster: ClusterRow; readonly now: number }

const showMember = (about: About, id: HostId, role: 'server' | 'agent'): Cluster['members'][number] => {
  const { world, view, cluster, now } = about
  const host = view.hosts[id]
  const unit = host?.facts.k3s
  return {
    host: host?.name ?? world.hosts.get(id)?.name ?? id,
    role,
    ip: cluster.settled.node[id]?.ip ?? '',
    online: host?.online.value ?? false,
    node: host?.facts.node?.value ?? 'unknown',
    k3s: unit === undefined ? 'unknown' : (unit.value?.state ?? 'none'),
    version: host?.facts.binary?.value?.version ?? null,
    seenAt: unit?.seenAt ?? null,
    stale: unit === undefined || now - unit.seenAt > STALE_AFTER.host,
  }
}
