import { type Cluster, ClusterSpecSchema, type EtcdShown, type ForecastShown, type Host, type RunShown, say } from '@drover/protocol'
import { NOW } from './fake-io.ts'

/** Ids as they come. */
export const IDS = { run: `run-${'a'.repeat(16)}`, forecast: `fc-${'a'.repeat(16)}`, order: `ord-${'a'.repeat(16)}`, host: `h-${'a'.repeat(16)}` } as const

/** A host that is the server of a cluster. */
export const HOST = {
  id: IDS.host, name: 'node-1', state: 'active', online: true, lastSeen: NOW, address: '10.0.0.11', agentVersion: '0.1.0', labels: { role: 'server' },
  cluster: 'home', role: 'server', node: 'ready', enrolledAt: NOW - 7_200_000, fingerprint: 'SHA256:abc', clockOffsetMs: 3,
  seenAt: { facts: NOW - 4000, hardware: NOW - 60_000, network: NOW - 60_000, state: NOW - 1_000_000 }, stale: ['state'], findings: [],
  k3s: { state: 'active', version: 'v1.36.2+k3s1', lastFatal: null }, etcd: null,
  firewall: { state: 'on', rules: 'f'.repeat(64), inCharge: null, unread: null, repairs: 1 },
  inventory: {
    hardware: {
      system: { manufacturer: 'QEMU', model: 'Standard PC', uuid: '', virtual: true }, bios: { vendor: 'SeaBIOS', version: '1' },
      os: { distro: 'Debian', release: '12', codename: 'bookworm', kernel: '6.1', arch: 'amd64', hostname: 'node-1' },
      cpu: { brand: 'Test', cores: 4, physicalCores: 4 }, memoryMb: 8192, disks: [{ device: '/dev/vda', type: 'SSD', sizeMb: 40_000, model: 'VIRTIO' }],
    },
    network: {
      nics: [{ name: 'eth0', mac: '52:54:00:00:00:01', mtu: 1500, state: 'up', physical: true, kind: null, addresses: [{ iface: 'eth0', ip: '10.0.0.11', prefix: 24, dynamic: false }] }],
      routes: [], defaultRoute: { iface: 'eth0', via: '10.0.0.254', source: '10.0.0.11', evidence: 'default via 10.0.0.254 dev eth0' },
    },
  },
} as unknown as Host

const WAIT = {
  key: 'node@x', reason: say('wait.node', { host: 'node-2' }), on: ['node-2'], endsWhen: say('wait.node.ends', {}), limitMs: 300_000, atLimit: 'ask', since: NOW - 4000,
} as unknown as RunShown['waits'][number]

/** A run in the middle: one order done, one that works, and a wait. */
export const RUN = {
  id: IDS.run, cluster: 'home', forecast: IDS.forecast, state: 'running', said: null, approvedBy: 'admin', startedAt: NOW - 60_000, endedAt: null, planned: 6,
  orders: [
    order('ord-a', 'node-1', { state: 'done', detail: '', endedAt: NOW - 30_000 }),
    order('ord-b', 'node-2', { state: 'applying', detail: 'fetched 12 MB', endedAt: null }),
  ],
  waits: [WAIT],
  dials: [],
} as unknown as RunShown

function order(id: string, host: string, more: object): object {
  return { id, kind: 'binary.install', host, does: say('step.binary.install', { version: 'v1.36.2+k3s1', origin: 'release' }), attempt: 1, code: null, remedy: null, evidence: '', createdAt: NOW - 40_000, ...more }
}

/** The run once it is done. */
export const DONE: RunShown = { ...RUN, state: 'done', endedAt: NOW, waits: [], orders: RUN.orders.map((one) => ({ ...one, state: 'done' as const, detail: '' })) }

/** The run when it asks. */
export const ASKING: RunShown = { ...RUN, state: 'asking', said: { code: 'run.asks.again', args: { kind: 'k3s.start', host: 'node-2', failed: 4, message: 'no answer' } } }

/** The members of three servers' etcd: one leads, one learns, of one nobody knows more. */
export const ETCD: EtcdShown = {
  members: [
    { id: '10501334649042878790', name: 'node-1-cec57e62', host: 'node-1', member: 'voter', leader: true, healthy: true, peer: 'https://10.0.0.11:2380', seenAt: NOW - 4000 },
    { id: '8176878664021242557', name: '', host: null, member: 'learner', leader: false, healthy: null, peer: 'https://10.0.0.12:2380', seenAt: null },
    { id: '3', name: 'node-3-0a1b2c3d', host: 'node-3', member: 'voter', leader: false, healthy: false, peer: 'https://10.0.0.13:2380', seenAt: NOW - 8000 },
  ],
  voters: 2, healthy: 1, quorum: 2, tolerates: 0, heartbeatMs: 100, electionMs: 1000,
}

/** A cluster of one server. */
export const CLUSTER = {
  name: 'home', spec: ClusterSpecSchema.parse({ cluster: 'home', k3s: { version: 'v1.36.2+k3s1' }, servers: { names: ['node-1'] } }), revision: 1, incarnation: 1,
  apiEndpoint: 'https://10.0.0.11:6443', api: 'up', etcd: null,
  schedules: [{ host: 'node-1', name: 'snapshot', cron: '0 */6 * * *', timeZone: 'UTC', keep: 8, offsetS: 0, lastAt: NOW - 3_600_000, nextAt: NOW + 18_000_000 }],
  members: [{ host: 'node-1', role: 'server', ip: '10.0.0.11', online: true, node: 'ready', k3s: 'active', version: 'v1.36.2+k3s1', firewall: 'on', seenAt: NOW - 4000, stale: false }],
  why: [], run: IDS.run, pending: null, waits: [WAIT], findings: [], createdAt: NOW - 86_400_000,
} as unknown as Cluster

const LINE = {
  kind: 'k3s.start', host: 'node-1', class: 'disrupt', does: say('step.k3s.start.server', { cluster: 'home' }), why: say('why.binary', { host: 'node-1', have: 'no k3s', want: 'v1.36.2+k3s1' }),
  touches: [{ what: 'unit', name: 'k3s.service', how: 'changed' }], waits: [{ ...WAIT, since: null }], members: 1, voters: 1, tolerates: 0,
}

/** A forecast of one step. */
export const FORECAST = {
  id: IDS.forecast, hash: 'a'.repeat(64), cluster: 'home', createdAt: NOW, createdBy: 'admin', approvedAt: null, run: null, quiet: false,
  roles: [{ host: 'node-1', role: 'server', ip: '10.0.0.11', iface: 'eth0' }], why: [], runnersUp: [], phases: [{ lines: [LINE], waits: [] }], retries: 3, removesLearner: false, findings: [],
} as unknown as ForecastShown
