import type { Host } from '@drover/protocol'
import { keyFingerprint } from '@drover/protocol/node'
import type { HostRow } from '../store/hosts.ts'
import { staleOf, viewOf } from '../world/view.ts'
import { clusterOf, type World } from '../world/world.ts'

/** A host as the API shows it at a moment (ms). */
export const showHost = (world: World, host: HostRow, now: number): Host => {
  const cluster = clusterOf(world, host.id)
  const live = world.live.get(host.id)
  const facts = host.facts?.value.facts ?? null
  const node = cluster === null ? undefined : viewOf(world, { cluster: cluster.name, hosts: 'members', now }).hosts[host.id]?.facts.node
  return {
    id: host.id,
    name: host.name,
    state: host.state,
    online: live?.online ?? false,
    lastSeen: live?.online === true ? now : host.lastSeen,
    address: host.address,
    agentVersion: host.agentVersion,
    labels: { ...host.labels },
    cluster: cluster?.name ?? null,
    role: cluster?.settled.roles[host.id] ?? null,
    node: node?.value ?? null,
    enrolledAt: host.enrolledAt,
    fingerprint: keyFingerprint(host.publicKey),
    inventory: host.inventory.sections,
    clockOffsetMs: live?.clockOffsetMs ?? null,
    seenAt: { ...host.inventory.seenAt, ...(host.facts === null ? {} : { facts: host.facts.seenAt }) },
    stale: staleOf(host, now),
    findings: [...host.findings],
    k3s: facts?.k3s == null ? null : { state: facts.k3s.state, version: facts.binary?.version ?? null, lastFatal: facts.k3s.lastFatal },
  }
}
