import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type Claim,
  ClusterNameSchema,
  type HostId,
  HostIdSchema,
  KUBELET_SYSCTLS,
  NameSchema,
  OrderIdSchema,
  RequestIdSchema,
  refOf,
  rulesDigest,
  toldRuleset,
  EXAMPLE_RULESET,
  type Snapshot,
  type StepKind,
  type StepParams,
  STEPS,
  SYSCTL_NAMES,
  type TypedOrder,
} from '@drover/protocol'
import { generateSealPair, toText } from '@drover/protocol/node'
import type { HostWriter } from '@drover/agent'
import { createFakeHost, fakeBinary } from '../../kit/fake-host/fake-host.ts'
import { joinEtcd } from '../../kit/fake-host/sim-etcd.ts'
import { changeWorld } from '../../kit/fake-host/world.ts'

/** The host that all cases run on. */
export const HOST: HostId = HostIdSchema.parse('h-aaaaaaaaaaaaaaaa')
/** Another host of the cluster, and its Node. */
const OTHER: HostId = HostIdSchema.parse('h-bbbbbbbbbbbbbbbb')
const TWO = NameSchema.parse('two')
const CLUSTER = ClusterNameSchema.parse('home')
const REQUEST = RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa')
const VERSION = 'v1.36.2+k3s1'
const CLAIM: Claim = { cluster: CLUSTER, incarnation: 1, seed: HOST }
const IMAGE = new TextEncoder().encode('images')
const RULESET = EXAMPLE_RULESET
const MEMBERS = { nodes: [...RULESET.nodes.slice(1), '10.0.0.13', 'fd00::13'], servers: RULESET.servers }
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
/** The bytes of an older snapshot that is on the hosts of steps that need one. */
const OLDER = new TextEncoder().encode('an older snapshot')

/** Secrets that orders of these cases carry. */
export const SECRETS = { 'server-token': 'server-token-of-the-case', 'agent-token': 'agent-token-of-the-case', 'snapshot-key': 'A'.repeat(43), ticket: 'ticket-of-the-case' } as const

const OLDER_SNAPSHOT: Snapshot = {
  name: 'older', cluster: CLUSTER, incarnation: 1, datastore: 'sqlite', at: 1, bytes: OLDER.length, sha256: sha(OLDER),
  grade: 'consistent', objects: 2, version: VERSION, token: sha(new TextEncoder().encode(`${SECRETS['server-token']}\n`)).slice(0, 12),
}

/** Params of one sensible order of each kind, for a host that becomes a server. */
export const PARAMS: { readonly [K in StepKind]: StepParams<K> } = {
  'binary.install': {
    version: VERSION,
    arch: 'amd64',
    sha256: sha(fakeBinary(VERSION)),
    origin: 'release',
    images: [{ name: 'k3s-airgap-images-amd64.tar.zst', sha256: sha(IMAGE) }],
  },
  'sysctl.set': { values: KUBELET_SYSCTLS },
  'k3s.config': { role: 'server', claim: CLAIM, config: { 'node-name': 'one', 'node-ip': '10.0.0.11', disable: ['traefik'] } },
  'route.keep': { services: '10.43.0.0/16', iface: 'eth0' },
  'k3s.start': { role: 'server', cluster: CLUSTER, incarnation: 1, initialises: true, datastore: 'sqlite' },
  'k3s.to-etcd': { cluster: CLUSTER, incarnation: 1, config: { 'node-name': 'one', 'node-ip': '10.0.0.11', disable: ['traefik'], 'cluster-init': true } },
  'etcd.promote': { cluster: CLUSTER, incarnation: 1, member: OTHER, node: TWO, ip: '10.0.0.12' },
  'node.drain': { cluster: CLUSTER, incarnation: 1, member: OTHER, node: TWO },
  'node.delete': { cluster: CLUSTER, incarnation: 1, member: OTHER, node: TWO, role: 'server' },
  'etcd.remove': { cluster: CLUSTER, incarnation: 1, member: OTHER, node: TWO, ip: '10.0.0.12', only: 'any' },
  'kubeconfig.read': { request: REQUEST, server: 'https://10.0.0.11:6443', context: 'home' },
  'k3s.uninstall': { role: 'server', cluster: CLUSTER, request: REQUEST },
  'snapshot.take': { name: 'first', cluster: CLUSTER, incarnation: 1, datastore: 'sqlite' },
  'snapshot.copy': { snapshot: OLDER_SNAPSHOT },
  'snapshot.delete': { name: 'older', cluster: CLUSTER },
  'snapshot.tidy': { cluster: CLUSTER, keep: 1, days: 7 },
  'k3s.restore': { cluster: CLUSTER, incarnation: 2, seed: HOST, datastore: 'sqlite', snapshot: 'older', sha256: sha(OLDER), request: REQUEST },
  'k3s.set-aside': { cluster: CLUSTER, incarnation: 2, seed: HostIdSchema.parse('h-bbbbbbbbbbbbbbbb') },
  'snapshot.fetch': { snapshot: OLDER_SNAPSHOT, request: REQUEST },
  'schedule.set': { cluster: CLUSTER, schedules: [{ name: 'snapshot', cron: '0 */6 * * *', timeZone: 'Europe/Berlin', jitterS: 300, kind: 'snapshot.take', params: { datastore: 'sqlite' }, keep: 8 }] },
  'firewall.stage': { ...toldRuleset(RULESET), windowMs: 60_000, keep: [{ proto: 'tcp', port: 22 }] },
  'firewall.commit': { rules: rulesDigest(RULESET) },
  'firewall.members': { rules: rulesDigest(RULESET), members: refOf(MEMBERS), list: MEMBERS },
  'firewall.remove': {},
}

/** A case of the suite: a kind of step, or one that does something else where the datastore of the cluster is etcd. */
export type StepCase = StepKind | 'snapshot.take on etcd'

const MORE_PARAMS: { readonly [C in Exclude<StepCase, StepKind>]: object } = {
  'snapshot.take on etcd': { ...PARAMS['snapshot.take'], datastore: 'etcd' },
}

/** All cases. */
export const CASES: readonly StepCase[] = [...(Object.keys(STEPS) as StepKind[]), ...(Object.keys(MORE_PARAMS) as Exclude<StepCase, StepKind>[])]

/** The kind of a case. */
export const kindOf = (of: StepCase): StepKind => of.replace(/ on etcd$/, '') as StepKind

const RUNNING = ['binary.install', 'k3s.config', 'k3s.start'] as const

/** Steps that come before a kind on a host. */
export const BEFORE: { readonly [K in StepKind]: readonly StepKind[] } = {
  'binary.install': [],
  'sysctl.set': [],
  'k3s.config': ['binary.install'],
  'route.keep': ['binary.install'],
  'k3s.start': ['binary.install', 'k3s.config'],
  'k3s.to-etcd': RUNNING,
  'etcd.promote': RUNNING,
  'node.drain': RUNNING,
  'node.delete': RUNNING,
  'etcd.remove': RUNNING,
  'kubeconfig.read': RUNNING,
  'k3s.uninstall': ['binary.install', 'sysctl.set', 'k3s.config', 'route.keep', 'k3s.start'],
  'snapshot.take': RUNNING,
  'snapshot.copy': [],
  'snapshot.delete': [...RUNNING, 'snapshot.take'],
  'snapshot.tidy': [...RUNNING, 'snapshot.take'],
  'k3s.restore': RUNNING,
  'k3s.set-aside': RUNNING,
  'snapshot.fetch': RUNNING,
  'schedule.set': ['binary.install', 'k3s.config'],
  'firewall.stage': [],
  'firewall.commit': ['firewall.stage'],
  'firewall.members': ['firewall.stage', 'firewall.commit'],
  'firewall.remove': ['firewall.stage', 'firewall.commit'],
}

/** The member of the server that `etcd.promote` is about. */
export const JOINER = { id: '14335973555231798580', name: 'two-f4edddc2', ip: '10.0.0.12' } as const

const ANSWER_TO = toText(generateSealPair().publicKey)
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** An order of a case; `place` tells orders apart. */
export const orderOf = (of: StepCase, place = 0): TypedOrder =>
  ({
    id: OrderIdSchema.parse(`ord-${'a'.repeat(14)}${LETTERS[CASES.indexOf(of)] ?? 'z'}${LETTERS[place] ?? 'z'}`),
    run: null,
    request: null,
    cluster: CLUSTER,
    audience: HOST,
    kind: kindOf(of),
    params: { ...PARAMS, ...MORE_PARAMS }[of],
    incarnation: 1,
    epoch: 1,
    fence: { resource: 'home', value: 1 },
    attempt: 1,
    createdAt: 0,
    notAfter: 1_000_000,
    ttlMs: 60_000,
    forecast: null,
    requestedBy: 'test',
    sealed: {},
    answerTo: ANSWER_TO,
  }) as TypedOrder

/** What the release origin has. */
export const origin = (url: string): Uint8Array | null => {
  if (url.endsWith('/v1.36.2%2Bk3s1/k3s')) return fakeBinary(VERSION)
  if (url.endsWith('/snapshots/copies/home/older/file')) return OLDER
  return url.endsWith('.tar.zst') ? IMAGE : null
}

/** Processes are killed here, no power is cut: files in memory show the same and need no disk. */
const folder = (): string => (existsSync('/dev/shm') ? '/dev/shm' : tmpdir())

/** A new host in a temporary folder, with what a fresh system and a running agent have. */
export const newRoot = (): string => {
  const root = join(mkdtempSync(join(folder(), 'drover-step-')), 'root')
  for (const folder of ['/etc/systemd/system', '/usr/local/bin', '/var/lib/drover/undo', '/run/drover', '/sys/class/net/lo', '/proc/net']) {
    mkdirSync(`${root}${folder}`, { recursive: true })
  }
  writeFileSync(`${root}/proc/net/route`, 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n')
  writeFileSync(`${root}/etc/hostname`, 'one\n')
  for (const name of SYSCTL_NAMES) {
    const path = `${root}/proc/sys/${name.replaceAll('.', '/')}`
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '0\n')
  }
  return root
}

/** The same steps where the datastore of the cluster is etcd. */
const ON_ETCD: { readonly [K in 'k3s.config' | 'k3s.start']: StepParams<K> } = {
  'k3s.config': { ...PARAMS['k3s.config'], config: { ...PARAMS['k3s.config'].config, 'cluster-init': true } },
  'k3s.start': { ...PARAMS['k3s.start'], datastore: 'etcd' },
}

const NEEDS_ETCD: ReadonlySet<StepCase> = new Set(['etcd.promote', 'etcd.remove', 'k3s.set-aside', 'snapshot.take on etcd'])

/** An order of a step that comes before a case. */
export const orderBefore = (before: StepKind, of: StepCase): TypedOrder =>
  NEEDS_ETCD.has(of) && (before === 'k3s.config' || before === 'k3s.start') ? ({ ...orderOf(before), params: ON_ETCD[before] } as TypedOrder) : orderOf(before)

/** The snapshots that were taken long ago, by the step that needs them. */
const OLDER_OF: Partial<Record<StepKind, readonly string[]>> = {
  'snapshot.delete': ['older'],
  'snapshot.copy': ['older'],
  'k3s.restore': ['older'],
  'snapshot.tidy': ['before-v1.35.1-k3s1-1', 'before-v1.36.1-k3s1-1'],
}

/** Puts what no step of the catalogue leaves on a host: snapshots that were taken before, data that restores set aside, and a server that joins. */
export const putOlder = (root: string, kind: StepKind): void => {
  if (kind === 'etcd.promote') joinEtcd(root, JOINER)
  if (kind === 'etcd.remove') changeWorld(root, ({ etcd }) => void etcd?.members.push({ ...JOINER, learner: false }))
  if (kind === 'node.drain' || kind === 'node.delete') changeWorld(root, (world) => void (world.nodes['two'] = false))
  for (const name of OLDER_OF[kind] ?? []) putSnapshot(root, name)
  if (kind !== 'snapshot.tidy') return
  for (const life of [2, 3]) putAside(root, life)
  writeFileSync(`${root}/var/lib/drover/claim.json`, JSON.stringify({ ...CLAIM, incarnation: 3 }))
}

const SERVER = '/var/lib/rancher/k3s/server'

const putAside = (root: string, life: number): void => {
  const folder = `${root}${SERVER}/db.before-${String(life)}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(`${folder}/state.db`, 'data before', { mode: 0o600 })
  for (const path of [`${folder}/state.db`, folder]) utimesSync(path, life, life)
}

const putSnapshot = (root: string, name: string): void => {
  const folder = `${root}/var/lib/drover/snapshots/${name}`
  mkdirSync(`${folder}`, { recursive: true, mode: 0o700 })
  writeFileSync(`${folder}/state.db`, OLDER, { mode: 0o600 })
  writeFileSync(`${folder}/meta.json`, `${JSON.stringify({ ...OLDER_SNAPSHOT, name })}\n`, { mode: 0o600 })
}

/** The host of a folder. */
export const hostOf = (root: string): HostWriter => createFakeHost({ root, origin })

/** Removes a host's folder and what lies beside it. */
export const dropRoot = (root: string): void => rmSync(join(root, '..'), { recursive: true, force: true })
