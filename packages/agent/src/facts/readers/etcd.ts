import { canonicalAddress } from '@drover/protocol'
import { connectedTo } from '../../core/parse/proc-connections.ts'
import type { ListedMember } from '../../core/parse/etcd-members.ts'
import type { HostReader } from '../../host/host.ts'
import { askEtcdHealth, askEtcdMembers, askEtcdStatus } from '../../host/ask-etcd.ts'
import { AT } from '../../host/k3s-marks.ts'
import { absolutePath, below } from '../../host/path.ts'
import type { FactReader } from './reader.ts'

/** The folder of this host's etcd member; there is none before etcd has taken the host in. */
export const ETCD_MEMBER = below(AT.data, 'server', 'db', 'etcd', 'member')

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'].map(absolutePath)
/** A server has some hundred connections, of 150 bytes each. */
const MOST_BYTES = 16_777_216

/** Host and port of a peer URL, whose host is an address. */
const PEER = /^https?:\/\/\[?([^\]]+?)\]?:(\d+)$/

const isConnected = (tables: readonly string[], peer: string): boolean => {
  const [, host = '', port = ''] = PEER.exec(peer) ?? []
  return tables.some((table) => connectedTo(table, Number(port)).has(canonicalAddress(host)))
}

/** To whom of the others etcd on this host has a connection: rafthttp keeps streams to each, and ends one that has said nothing for 5 s. */
const readConnected = async (host: HostReader, others: readonly ListedMember[]): Promise<readonly string[] | undefined> => {
  if (others.length === 0) return []
  const texts = await Promise.all(TABLES.map((path) => host.readFile(path, MOST_BYTES).catch(() => null)))
  const tables = texts.flatMap((bytes) => (bytes === null ? [] : [new TextDecoder().decode(bytes)]))
  return tables.length === 0 ? undefined : others.filter(({ peer }) => isConnected(tables, peer)).map(({ id }) => id)
}

/** The etcd member of this host; asks nothing where it has none. All is asked at once, so that one that hangs costs 2 s. */
export const readEtcd: FactReader<'etcd'> = async (host) => {
  if ((await host.stat(ETCD_MEMBER)) === null) return null
  const [status, healthy, members] = await Promise.all([askEtcdStatus(host), askEtcdHealth(host), askEtcdMembers(host)])
  if (status === null) return null
  const { id, learner, leader, raftIndex } = status
  if (learner || members === null) return { id, member: learner ? 'learner' : 'voter', healthy, leader, raftIndex, members: null }
  const connected = await readConnected(host, members.filter((one) => one.id !== id))
  return { id, member: 'voter', healthy, leader, raftIndex, members, ...(connected === undefined ? {} : { connected }) }
}
