import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { DroverError, ETCD_PORTS, K3S } from '@drover/protocol'
import type { HostReader, HostWriter } from '@drover/agent'
import { changeWorld, readWorld, type SimWorld } from './world.ts'

type Answer = Awaited<ReturnType<HostReader['get']>>
type SimMember = { readonly id: string; readonly name: string; readonly ip: string; readonly learner: boolean }

/** The etcd of a simulated host: its own member, all of them, and a server that joins: in so many looks it is there, after so many refusals in sync; its keys in the order in which they were made. `cut`: k3s ended while it moved objects here. */
export type SimEtcd = { id: string; healthy: boolean; members: SimMember[]; keys: string[]; cut: boolean; coming: (SimMember & { looks: number; refusals: number }) | null }

/** Whether k3s has an etcd of its own with this drop-in. */
export const isMember = (dropIn: string): boolean => /^"?(?:cluster-init|server)"?:/m.test(dropIn)

const valueOf = (dropIn: string, key: string): string => new RegExp(`^"?${key}"?: *"?([^"\\n]+)"?$`, 'm').exec(dropIn)?.[1] ?? ''

const DATA = `${K3S.data}/server/db/etcd/member/snap/db`
/** Its pages: etcd has whole ones. */
const PAGES = Buffer.alloc(8 * 512, 'page')

const TLS = ['server-ca.crt', 'client.crt', 'client.key'].map((name) => `${K3S.data}/server/tls/etcd/${name}`)

/** A server's etcd begins: its folder, the certificates to ask it by, and itself as a member that votes. */
export const makeMember = (root: string, world: SimWorld, dropIn: string): void => {
  mkdirSync(`${root}${K3S.data}/server/db/etcd/member/wal`, { recursive: true, mode: 0o700 })
  mkdirSync(`${root}${K3S.data}/server/db/etcd/member/snap`, { recursive: true, mode: 0o700 })
  writeFileSync(`${root}${DATA}`, PAGES, { mode: 0o600 })
  mkdirSync(`${root}${K3S.data}/server/tls/etcd`, { recursive: true, mode: 0o700 })
  for (const path of TLS) writeFileSync(`${root}${path}`, 'pem', { mode: 0o600 })
  const own = { id: '11757004636526054976', name: `${valueOf(dropIn, 'node-name')}-56d8ffb8`, ip: valueOf(dropIn, 'node-ip'), learner: false }
  world.etcd ??= { id: own.id, healthy: true, members: [own], keys: [], cut: false, coming: null }
}

/** A server joins the etcd of this host: it is a learner after two looks, and in sync once it was refused once. */
export const joinEtcd = (root: string, member: Omit<SimMember, 'learner'>): void =>
  changeWorld(root, ({ etcd }) => {
    if (etcd !== null) etcd.coming = { ...member, learner: true, looks: 2, refusals: 1 }
  })

const pass = (etcd: SimEtcd): void => {
  if (etcd.coming === null || etcd.members.some(({ id }) => id === etcd.coming?.id)) return
  etcd.coming.looks -= 1
  const { id, name, ip, learner, looks } = etcd.coming
  if (looks <= 0) etcd.members.push({ id, name, ip, learner })
}

const ok = (body: unknown): Answer => ({ status: 200, body: JSON.stringify(body) })
const refused = (status: number, code: number, message: string): Answer => ({ status, body: JSON.stringify({ code, message: `etcdserver: ${message}`, details: [] }) })

const shown = ({ id, name, ip, learner }: SimMember): object => ({ ID: id, name, peerURLs: [`https://${ip}:2380`], ...(learner ? { isLearner: true } : {}) })

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString()

/** A read that the leader has to agree to needs a member that is healthy. Keys have the revision of their place; `revision` 0 or none: now. */
const range = ({ keys, healthy }: SimEtcd, body: string): Answer => {
  const { key, range_end: end, revision = '0', serializable = false } = JSON.parse(body) as { key: string; range_end?: string; revision?: string; serializable?: boolean }
  if (!healthy && !serializable) return null
  const [from, to] = [decoded(key), end === undefined ? null : decoded(end)]
  const found = keys.slice(0, revision === '0' ? undefined : Number(revision)).filter((one) => (to === null ? one === from : one >= from && one < to))
  const kvs = to === null ? found.map((one) => ({ key, create_revision: String(keys.indexOf(one) + 1) })) : []
  return ok({ header: { revision: String(keys.length) }, ...(kvs.length > 0 ? { kvs } : {}), ...(found.length > 0 ? { count: String(found.length) } : {}) })
}

const answer = (etcd: SimEtcd, path: string, body: string): Answer => {
  const isLearner = etcd.members.some(({ id, learner }) => id === etcd.id && learner)
  const header = { member_id: etcd.id, revision: String(etcd.keys.length) }
  if (path === '/v3/maintenance/status') return ok({ header, leader: etcd.members.find(({ learner }) => !learner)?.id, raftIndex: '7', ...(isLearner ? { isLearner } : {}) })
  if (path === '/v3/kv/range') return isLearner ? refused(503, 14, 'rpc not supported for learner') : range(etcd, body)
  if (path !== '/v3/cluster/member/list') return { status: 404, body: 'Not Found' }
  return isLearner ? refused(503, 14, 'rpc not supported for learner') : ok({ header, members: etcd.members.map(shown) })
}

/** What the etcd of a simulated host answers to a request, if it is its; a look at its members lets time pass. */
export const askEtcd = (root: string, request: Parameters<HostReader['get']>[0]): Answer => {
  const { port, pathname, protocol } = new URL(request.url)
  const { etcd } = readWorld(root)
  if (etcd === null) return null
  if (protocol === 'http:') return port === String(ETCD_PORTS.metrics) ? ok({ health: String(etcd.healthy) }) : null
  const hasFiles = [request.ca, request.cert, request.key].every((path) => path !== undefined && existsSync(`${root}${path}`))
  if (port !== String(ETCD_PORTS.gateway) || !hasFiles || request.body === undefined) return null
  if (pathname.endsWith('/member/list') && etcd.coming !== null) changeWorld(root, (world) => void (world.etcd !== null && pass(world.etcd)))
  return answer(readWorld(root).etcd ?? etcd, pathname, request.body)
}

/** The etcd of a simulated host gives a copy of its data, with their SHA-256 behind them. */
export const copyMember = (root: string, { to, onBytes }: Parameters<HostWriter['copyEtcd']>[0]): number => {
  if (readWorld(root).units['k3s']?.active !== 'active' || !existsSync(`${root}${DATA}`)) throw new DroverError('etcd.copy', 'etcd on this host does not answer')
  const pages = readFileSync(`${root}${DATA}`)
  const copy = Buffer.concat([pages, createHash('sha256').update(pages).digest()])
  writeFileSync(`${root}${to}`, copy, { mode: 0o600 })
  onBytes(copy.length)
  return copy.length
}

/** Gives a learner of the simulated etcd its vote, as etcd does it: not before it is in sync, and once. */
export const promoteLearner = (root: string, id: string): Answer =>
  changeWorld(root, ({ etcd, ledger }) => {
    const member = etcd?.members.find((one) => one.id === id)
    if (etcd === null || member === undefined) return refused(404, 5, 'member not found')
    if (!member.learner) return refused(400, 9, 'can only promote a learner member')
    if (etcd.coming?.id === id && etcd.coming.refusals > 0) {
      etcd.coming.refusals -= 1
      return refused(400, 9, 'can only promote a learner member which is in sync with leader')
    }
    etcd.members = etcd.members.map((one) => (one.id === id ? { ...one, learner: false } : one))
    ledger.push(`promote ${member.name}`)
    return ok({ members: etcd.members.map(shown) })
  })

/** Takes a member out of the simulated etcd, as etcd does it. */
export const takeOut = (root: string, id: string): Answer =>
  changeWorld(root, ({ etcd, ledger }) => {
    const member = etcd?.members.find((one) => one.id === id)
    if (etcd === null || member === undefined) return refused(404, 5, 'member not found')
    etcd.members = etcd.members.filter((one) => one.id !== id)
    etcd.coming = null
    ledger.push(`remove ${member.name}`)
    return ok({ members: etcd.members.map(shown) })
  })
