import { askEtcdHealth, askEtcdMembers, askEtcdStatus } from '../../host/ask-etcd.ts'
import { AT } from '../../host/k3s-marks.ts'
import { below } from '../../host/path.ts'
import type { FactReader } from './reader.ts'

/** The folder of this host's etcd member; there is none before etcd has taken the host in. */
export const ETCD_MEMBER = below(AT.data, 'server', 'db', 'etcd', 'member')

/** The etcd member of this host; asks nothing where it has none. All is asked at once, so that one that hangs costs 2 s. */
export const readEtcd: FactReader<'etcd'> = async (host) => {
  if ((await host.stat(ETCD_MEMBER)) === null) return null
  const [status, healthy, members] = await Promise.all([askEtcdStatus(host), askEtcdHealth(host), askEtcdMembers(host)])
  if (status === null) return null
  const { id, learner, leader, raftIndex } = status
  return { id, member: learner ? 'learner' : 'voter', healthy, leader, raftIndex, members: learner ? null : members }
}
