import type { Host } from '@drover/protocol'
import { keyFingerprint } from '@drover/protocol/node'
import type { HostRow } from '../store/hosts.ts'
import { staleOf, viewOf } from '../world/view.ts'
import { showFirewall } from './firewall.ts'
import { clusterOf, type HostLive, type World } from '../world/world.ts'

const UNSEEN: HostLive = { online: false, onlineAt: 0, clockOffsetMs: null }

/** A host as the API shows it at a moment (ms). */
export const showHost = (world: World, host: HostRow, now: number): Host => {
  const live = world.live.get(host.id) ?? UNSEEN
  return {
    id: host.id,
    name: host.name,
    state: host.state,
    online: live.online,
    lastSeen: live.online ? now : host.lastSeen,
    address: host.address,
    agentVersion: host.agentVersion,
    labels: { ...host.labels },
    ...placeOf(world, host, now),
    enrolledAt: host.enrolledAt,
    fingerprint: keyFingerprint(host.publicKey),
    inventory: host.inventory.sections,
    clockOffsetMs: live.clockOffsetMs,
    seenAt: { ...host.inventory.seenAt, ...(host.facts === null ? {} : { facts: host.facts.seenAt }) },
    stale: staleOf(host, now),
    findings: [...host.findings],
    firewall: firewallOf(host),
    etcd: etcdOf(host),
    k3s: unitOf(host),
  }
}

const placeOf = (world: World, host: HostRow, now: number): Pick<Host, 'cluster' | 'role' | 'node'> => {
  const cluster = clusterOf(world, host.id)
  if (cluster === null) return { cluster: null, role: null, node: null }
  const seen = viewOf(world, { cluster: cluster.name, hosts: 'members', now }).hosts[host.id]
  return { cluster: cluster.name, role: cluster.settled.roles[host.id] ?? null, node: seen?.facts.node?.value ?? null }
}

const firewallOf = ({ facts }: HostRow): Host['firewall'] => (facts === null ? null : showFirewall(facts.value.facts.firewall))

const etcdOf = ({ facts }: HostRow): Host['etcd'] => {
  const etcd = facts?.value.facts.etcd ?? null
  return etcd === null ? null : { id: etcd.id, member: etcd.member, healthy: etcd.healthy, leads: etcd.id === etcd.leader }
}

const unitOf = (host: HostRow): Host['k3s'] => {
  const { k3s = null, binary = null } = host.facts?.value.facts ?? {}
  return k3s === null ? null : { state: k3s.state, version: binary === null ? null : binary.version, lastFatal: k3s.lastFatal }
}
