import type { HostId } from '@drover/protocol'
import { isFresh } from '../facts.ts'
import type { SettleInput } from '../settle-input.ts'
import type { Assigned } from './assign.ts'

const votesNow = ({ view, now }: SettleInput, id: HostId): boolean => {
  const host = view.hosts[id]
  const etcd = host?.facts.etcd
  return host?.online.value === true && etcd?.value === 'voter' && isFresh(etcd, now)
}

/** The servers that stay and have the data of a cluster on etcd: members before, that vote now. None on SQLite. */
export const heirsOf = (input: SettleInput, { roles, leaving }: Pick<Assigned, 'roles' | 'leaving'>): readonly HostId[] => {
  const { previous } = input
  if (previous?.etcd === undefined) return []
  return [...roles].flatMap(([id, role]) => (role === 'server' && !leaving.has(id) && previous.roles[id] === 'server' && votesNow(input, id) ? [id] : []))
}
