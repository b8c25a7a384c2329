import { type EtcdFact, type EtcdShown, type HostId, quorumOf, STALE_AFTER, toleratedBy } from '@drover/protocol'
import type { ClusterRow } from '../store/clusters.ts'
import type { HostRow } from '../store/hosts.ts'
import { isHeard, type World } from '../world/world.ts'

type Told = { readonly host: HostRow; readonly etcd: EtcdFact; readonly seenAt: number; readonly isFresh: boolean }

/** What the servers of a cluster say of their members, the newest first. */
const toldBy = (world: World, { settled }: ClusterRow, now: number): readonly Told[] =>
  Object.entries(settled.roles)
    .flatMap(([id, role]) => {
      const host = world.hosts.get(id as HostId)
      const etcd = host?.facts?.value.facts.etcd ?? null
      if (role !== 'server' || host === undefined || host.facts === null || etcd === null) return []
      const { seenAt } = host.facts
      return [{ host, etcd, seenAt, isFresh: isHeard(world, host) && now - seenAt <= STALE_AFTER.host }]
    })
    .toSorted((a, b) => b.seenAt - a.seenAt)

type Listed = NonNullable<EtcdFact['members']>[number]

/** The members as a voter sees them; where none tells, each as it tells of itself. */
const listOf = (told: readonly Told[]): readonly Listed[] =>
  told.find(({ etcd: { members }, isFresh }) => isFresh && members !== null)?.etcd.members ??
  told.map(({ host, etcd: { id, member } }) => ({ id, name: host.name, peer: '', learner: member === 'learner' }))

const isVoting = ({ etcd, isFresh }: Told): boolean => isFresh && etcd.member === 'voter' && etcd.healthy && etcd.leader !== null

const showMember = (listed: Listed, told: readonly Told[], leader: string | null): EtcdShown['members'][number] => {
  const own = told.find(({ etcd }) => etcd.id === listed.id)
  return {
    id: listed.id,
    name: listed.name,
    host: own?.host.name ?? null,
    member: listed.learner ? 'learner' : 'voter',
    leader: listed.id === leader,
    healthy: own === undefined || !own.isFresh ? null : own.etcd.healthy && own.etcd.leader !== null,
    peer: listed.peer === '' ? null : listed.peer,
    seenAt: own?.seenAt ?? null,
  }
}

/** True while what is approved is etcd, and the objects are still in SQLite. */
const isToGrow = ({ hosts }: World, { settled: { seed } }: ClusterRow): boolean => hosts.get(seed)?.facts?.value.facts.k3s?.datastore === 'sqlite'

/** The members of a cluster's etcd at a moment (ms), and what may be lost of them; null on SQLite. */
export const showEtcd = (world: World, cluster: ClusterRow, now: number): EtcdShown | null => {
  const { etcd: timing } = cluster.settled
  if (timing === undefined || isToGrow(world, cluster)) return null
  const told = toldBy(world, cluster, now)
  const leader = told.find(({ etcd, isFresh }) => isFresh && etcd.leader !== null)?.etcd.leader ?? null
  const list = listOf(told)
  const voters = list.filter(({ learner }) => !learner).length
  const healthy = told.filter(isVoting).length
  const quorum = quorumOf(voters)
  return {
    members: list.map((listed) => showMember(listed, told, leader)).toSorted((a, b) => (a.host ?? a.name).localeCompare(b.host ?? b.name, 'en', { numeric: true })),
    voters,
    healthy,
    quorum,
    tolerates: Math.min(toleratedBy(voters), Math.max(0, healthy - quorum)),
    ...timing,
  }
}
