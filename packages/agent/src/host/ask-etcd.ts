import { ETCD_PORTS, K3S } from '@drover/protocol'
import { parseEtcdHealth } from '../core/parse/etcd-gateway.ts'
import { type ListedMember, parseEtcdMembers } from '../core/parse/etcd-members.ts'
import { type EtcdCount, parseEtcdCount } from '../core/parse/etcd-count.ts'
import { type EtcdRange, parseEtcdRange } from '../core/parse/etcd-range.ts'
import { type EtcdStatus, parseEtcdStatus } from '../core/parse/etcd-status.ts'
import type { HostReader, LoopbackRequest } from './host.ts'
import { absolutePath } from './path.ts'

const TLS = `${K3S.data}/server/tls/etcd`
const LIMIT_MS = 2_000

const etcdRequest = (path: string, body: string, timeoutMs = LIMIT_MS): LoopbackRequest => ({
  url: `https://127.0.0.1:${String(ETCD_PORTS.gateway)}${path}`,
  ca: absolutePath(`${TLS}/server-ca.crt`),
  cert: absolutePath(`${TLS}/client.crt`),
  key: absolutePath(`${TLS}/client.key`),
  timeoutMs,
  body,
})

/** The request that changes a member: for a host's own changes alone, as it is one. */
export const memberRequest = (how: 'promote' | 'remove', id: string): LoopbackRequest => etcdRequest(`/v3/cluster/member/${how}`, JSON.stringify({ ID: id }))

/** The request for a copy of what the member holds, which comes as lines: for a host's own change alone, as only a file can take it. */
export const SNAPSHOT: LoopbackRequest = etcdRequest('/v3/maintenance/snapshot', '{}')

const HEALTH: LoopbackRequest = { url: `http://127.0.0.1:${String(ETCD_PORTS.metrics)}/health`, timeoutMs: LIMIT_MS }

const answered = async <T>(host: HostReader, request: LoopbackRequest, parse: (text: string) => T): Promise<T | null> => {
  const answer = await host.get(request)
  return answer?.status === 200 ? parse(answer.body) : null
}

/** What this host's member says of itself, voter or learner; null where it does not answer within 2 s. */
export const askEtcdStatus = (host: HostReader): Promise<EtcdStatus | null> => answered(host, etcdRequest('/v3/maintenance/status', '{}'), parseEtcdStatus)

/** The members as this host's member sees them; null where it does not answer within 2 s, as a learner never does. */
export const askEtcdMembers = (host: HostReader): Promise<readonly ListedMember[] | null> => answered(host, etcdRequest('/v3/cluster/member/list', '{}'), parseEtcdMembers)

/** Whether this host's member says that it is healthy; false too where it does not answer within 2 s. */
export const askEtcdHealth = async (host: HostReader): Promise<boolean> => (await answered(host, HEALTH, parseEtcdHealth)) ?? false

const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The first key behind all that begin with a prefix, which ends with no byte 255. */
const endOf = (prefix: string): Uint8Array => {
  const bytes = new TextEncoder().encode(prefix)
  return bytes.with(-1, (bytes.at(-1) ?? 0) + 1)
}

const range = (host: HostReader, wanted: Readonly<Record<string, string | boolean>>): Promise<EtcdRange | null> =>
  answered(host, etcdRequest('/v3/kv/range', JSON.stringify(wanted)), parseEtcdRange)

/** How many keys begin with a prefix, at a revision (0: now); null where the member does not answer within 2 s, or has forgotten the revision. */
export const askEtcdCount = async (host: HostReader, prefix: string, revision: number): Promise<number | null> => {
  const key = encoded(new TextEncoder().encode(prefix))
  return (await range(host, { key, range_end: encoded(endOf(prefix)), count_only: true, revision: String(revision) }))?.count ?? null
}

/** The revision at which a key was made; null where there is no such key (any more), or the member does not answer within 2 s. */
export const askEtcdMadeAt = async (host: HostReader, key: string): Promise<number | null> =>
  (await range(host, { key: encoded(new TextEncoder().encode(key)), keys_only: true }))?.madeAt ?? null

/** An answer that the leader has to agree to; slow disks take their time. */
const AGREED_MS = 5_000
/** What the keys of all objects of Kubernetes begin with. */
const OBJECTS = '/registry/'

/**
 * Counts the objects of Kubernetes. `agreed`: only once this member has all that its leader had when it was asked, so that an
 * answer shows that it does not lag; without, as far as this member is. Null where it does not answer within 5 s.
 */
export const countEtcdObjects = (host: HostReader, agreed: boolean): Promise<EtcdCount | null> => {
  const key = encoded(new TextEncoder().encode(OBJECTS))
  const wanted = { key, range_end: encoded(endOf(OBJECTS)), count_only: true, ...(agreed ? {} : { serializable: true }) }
  return answered(host, etcdRequest('/v3/kv/range', JSON.stringify(wanted), AGREED_MS), parseEtcdCount)
}
