import { DroverError, type EtcdFact } from '@drover/protocol'
import type { EtcdCount } from '../core/parse/etcd-count.ts'
import { gradeEtcd, type MemberSeen } from '../core/snapshots/grade-etcd.ts'
import { ETCD_MEMBER, readEtcd } from '../facts/readers/etcd.ts'
import { askEtcdStatus, countEtcdObjects } from '../host/ask-etcd.ts'
import type { HostReader } from '../host/host.ts'
import { below } from '../host/path.ts'
import type { Taken, Taker } from './taker.ts'

const MIB = 1_048_576
const DATA = below(ETCD_MEMBER, 'snap', 'db')

const seen = (told: EtcdFact | null): MemberSeen => (told === null ? null : { votes: told.member === 'voter', leader: told.leader, healthy: told.healthy })

const lacks = async (host: HostReader): Promise<string | null> => {
  if ((await host.stat(ETCD_MEMBER)) === null) return 'the host has no etcd member'
  const told = await readEtcd(host)
  if (told === null) return 'its etcd member does not answer'
  return told.member === 'learner' ? 'its etcd member is a learner, which gives no copy of itself' : null
}

/** What is known before the first byte: where the leader does not agree, how far the member is by itself. */
type Before = { readonly told: EtcdFact; readonly agreed: boolean; readonly count: EtcdCount }

const look = async (host: HostReader): Promise<Before> => {
  const told = await readEtcd(host)
  const agreed = await countEtcdObjects(host, true)
  const count = agreed ?? (await countEtcdObjects(host, false))
  if (told === null || count === null) throw new DroverError('etcd.copy', 'etcd on this host does not answer')
  return { told, agreed: agreed !== null, count }
}

const after = async (host: HostReader, { told, agreed, count }: Before): Promise<Taken> => {
  const [now, status] = await Promise.all([readEtcd(host), askEtcdStatus(host)])
  const revision = { before: count.revision, after: Math.max(count.revision, status?.revision ?? 0) }
  return {
    objects: count.count,
    grade: gradeEtcd({ agreed, before: seen(told), after: seen(now) }),
    etcd: { member: told.id, revision, leader: { before: told.leader, after: now?.leader ?? null }, members: (told.members ?? []).map(({ name }) => name) },
  }
}

/** Has the etcd member of this host give a copy of itself; consistent by {@link gradeEtcd}. The objects are those at the revision before. */
export const takeEtcd: Taker = {
  lacks,
  bytes: async (host) => (await host.stat(DATA))?.bytes ?? 0,
  copy: async (host, to, say) => {
    const before = await look(host)
    let told = 0
    const onBytes = (bytes: number): void => {
      if (bytes - told < 8 * MIB) return
      told = bytes
      say(`${String(Math.floor(bytes / MIB))} MiB copied`)
    }
    await host.copyEtcd({ to, onBytes })
    return after(host, before)
  },
}
