import { type HostId, type HostView, quorumOf, type Settled, type View } from '@drover/protocol'
import { dataOf } from './data-of.ts'

/** How many servers run, how many of them vote, and how many of those may be lost before the API stops answering. */
export type Tolerance = { readonly members: number; readonly voters: number; readonly tolerates: number }

const runs = (host: HostView | undefined): boolean => host?.facts.k3s?.value?.state === 'active'

const isVoting = (host: HostView | undefined): boolean => host?.online.value === true && host.facts.etcd?.value === 'voter'

/** A member counts for the quorum also while it is down: it was up once, votes already, or is listed by those that do. */
const isMember = (settled: Settled, host: HostView | undefined): boolean => {
  const k3s = host?.facts.k3s?.value
  return isVoting(host) || host?.facts.listed?.value === 'voter' || (k3s?.wasActive === true && k3s.incarnation === settled.incarnation)
}

/** On SQLite only the seed votes, so nothing may be lost; on etcd whatever votes beyond the quorum of all its members. */
export const toleranceOf = (view: View, settled: Settled): Tolerance => {
  const servers = (Object.keys(settled.roles) as HostId[]).filter((id) => settled.roles[id] === 'server').map((id) => view.hosts[id])
  const members = servers.filter(runs).length
  if (settled.etcd === undefined || dataOf(view, settled.seed) === 'sqlite') return { members, voters: runs(view.hosts[settled.seed]) ? 1 : 0, tolerates: 0 }
  const voters = servers.filter(isVoting).length
  return { members, voters, tolerates: Math.max(0, voters - quorumOf(servers.filter((host) => isMember(settled, host)).length)) }
}
