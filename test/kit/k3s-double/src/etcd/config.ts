import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { stringify } from 'yaml'
import type { Options } from '../config/options.ts'
import { readText, writeWhole } from '../files.ts'
import type { World } from '../world.ts'

/**
 * How a member begins: the peers it is told of (`name=url`, itself among them), and whether they are a cluster already. `alone`: it
 * listens on loopback only; `forced`: it goes on with its data as the only member.
 */
export type Beginning = { readonly cluster: readonly string[]; readonly state: 'new' | 'existing'; readonly alone?: boolean; readonly forced?: boolean }

/** A member to be: its name, its node's address. */
export type MemberSelf = { readonly world: World; readonly options: Options; readonly name: string; readonly ip: string }

/** Where a member keeps its data, its configuration and its name. */
export const etcdFolder = (world: World): string => `${world.paths.db}/etcd`

/** What a reset leaves until the next start, so that it is not done twice. */
export const resetFlag = (world: World): string => `${world.paths.db}/reset-flag`

/** The address that peers reach a member at. */
export const peerUrl = (ip: string): string => `https://${ip}:2380`

/** The member's name, `<node>-<8 hex>`, kept in `server/db/etcd/name`. */
export function memberName(world: World): string {
  const file = `${etcdFolder(world)}/name`
  const kept = readText(file)
  if (kept !== undefined && kept !== '') return kept
  const made = `${world.node}-${randomBytes(4).toString('hex')}`
  writeWhole(file, made)
  return made
}

/** Whether this server's etcd has begun: its write-ahead log is there. */
export const isEtcdBegun = (world: World): boolean => existsSync(`${etcdFolder(world)}/member/wal`)

const tls = (world: World, pair: string, authority: string) => ({
  'cert-file': `${world.paths.tls}/etcd/${pair}.crt`,
  'client-cert-auth': true,
  'key-file': `${world.paths.tls}/etcd/${pair}.key`,
  'trusted-ca-file': `${world.paths.tls}/etcd/${authority}.crt`,
})

const typed = (value: string): string | number | boolean => {
  if (value === 'true' || value === 'false') return value === 'true'
  return /^\d+$/.test(value) ? Number(value) : value
}

/** `etcd-arg` as configuration: it wins over k3s's own values. */
export const etcdArguments = (options: Options): Record<string, string | number | boolean> =>
  Object.fromEntries(options.all('etcd-arg').map((text) => [text.split('=')[0]?.replace(/^-+/, '') ?? '', typed(text.split('=').slice(1).join('='))]))

/** Writes `server/db/etcd/config` with k3s's keys and values (this etcd leaves out what it does not know), and returns its path. */
export function writeEtcdConfig(self: MemberSelf, beginning: Beginning): string {
  const { world, ip } = self
  const own = beginning.alone === true ? [] : [ip]
  const config = {
    'advertise-client-urls': `https://${ip}:2379`,
    'client-transport-security': tls(world, 'server-client', 'server-ca'),
    'data-dir': etcdFolder(world),
    'election-timeout': 5000,
    // this etcd's own default, but not beside a configuration file
    'enable-grpc-gateway': true,
    'experimental-initial-corrupt-check': true,
    'heartbeat-interval': 500,
    'initial-advertise-peer-urls': peerUrl(ip),
    'initial-cluster': beginning.cluster.join(','),
    'initial-cluster-state': beginning.state,
    'listen-client-http-urls': 'https://127.0.0.1:2382',
    'listen-client-urls': ['127.0.0.1', ...own].map((host) => `https://${host}:2379`).join(','),
    'listen-metrics-urls': 'http://127.0.0.1:2381',
    'listen-peer-urls': ['127.0.0.1', ...own].map((host) => `https://${host}:2380`).join(','),
    'log-outputs': ['stderr'],
    logger: 'zap',
    name: self.name,
    'peer-transport-security': tls(world, 'peer-server-client', 'peer-ca'),
    'snapshot-count': 10_000,
    ...(beginning.forced === true ? { 'force-new-cluster': true } : {}),
    ...etcdArguments(self.options),
  }
  const file = `${etcdFolder(world)}/config`
  writeWhole(file, stringify(config))
  return file
}
