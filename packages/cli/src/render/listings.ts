import { type Artifact, type Cluster, type Host, render, type RunShown, type SnapshotShown, type Token } from '@drover/protocol'
import type { Listing } from './output.ts'
import { stepsDone } from './steps-done.ts'
import { span } from './table.ts'

const ago = (now: number, at: number | null): string => (at === null ? 'never' : `${span(now - at)} ago`)
const labels = (all: Readonly<Record<string, string>>): string => Object.entries(all).map(([key, value]) => `${key}=${value}`).join(',') || '-'
const unit = (value: number | null, name: string): string => (value === null ? '-' : `${String(value)} ${name}`)
const routeOf = (route: { readonly via: string | null; readonly iface: string } | null): string => (route === null ? 'none' : `${route.via ?? '-'} on ${route.iface}`)
const address = (host: Host): string => {
  const iface = host.inventory.network?.defaultRoute?.iface
  const nic = host.inventory.network?.nics.find((one) => one.name === iface)
  return nic?.addresses.find((one) => !one.ip.includes(':'))?.ip ?? host.address ?? '-'
}

/** What a host's etcd member is, in a word or two. */
export const etcdWord = (etcd: Host['etcd']): string => {
  if (etcd === null) return '-'
  const part = etcd.leads ? 'leader' : etcd.member
  return etcd.healthy ? part : `${part}, not healthy`
}

/** Columns of `get hosts`; ages count from `now` (ms). */
export const hostListing = (now: number): Listing<Host> => ({
  name: (host) => host.name,
  none: 'No hosts yet. Make a line to paste on each: drover install-line --count 3',
  columns: [
    ['NAME', (host) => host.name],
    ['STATE', (host) => host.state],
    ['AGENT', (host) => (host.online ? 'connected' : `away ${ago(now, host.lastSeen)}`)],
    ['CLUSTER', (host) => host.cluster ?? '-'],
    ['ROLE', (host) => host.role ?? '-'],
    ['NODE', (host) => host.node ?? '-'],
    ['ADDRESS', address],
    ['CPUS', (host) => String(host.inventory.hardware?.cpu.cores ?? '-')],
    ['MEMORY', (host) => (host.inventory.hardware === undefined ? '-' : `${String(host.inventory.hardware.memoryMb)} MB`)],
  ],
  wide: [
    ['DEFAULT ROUTE', (host) => (routeOf(host.inventory.network?.defaultRoute ?? null))],
    ['FSYNC P99', (host) => (unit(host.inventory.state?.data.fsyncP99Us ?? null, 'us'))],
    ['CLOCK', (host) => (unit(host.clockOffsetMs, 'ms'))],
    ['OS', (host) => (host.inventory.hardware === undefined ? '-' : `${host.inventory.hardware.os.distro} ${host.inventory.hardware.os.release}`)],
    ['ARCH', (host) => host.inventory.hardware?.os.arch ?? '-'],
    ['K3S', (host) => host.k3s?.version ?? '-'],
    ['ETCD', (host) => etcdWord(host.etcd)],
    ['LABELS', (host) => labels(host.labels)],
    ['STALE', (host) => host.stale.join(',') || '-'],
  ],
})

/** Columns of `get clusters`. */
export const clusterListing = (now: number): Listing<Cluster> => ({
  name: (cluster) => cluster.name,
  none: 'No clusters yet. Describe one and apply it: drover apply -f cluster.yaml',
  columns: [
    ['NAME', (cluster) => cluster.name],
    ['API', (cluster) => cluster.api],
    ['SERVERS', (cluster) => String(cluster.members.filter((member) => member.role === 'server').length)],
    ['AGENTS', (cluster) => String(cluster.members.filter((member) => member.role === 'agent').length)],
    ['READY', (cluster) => `${String(cluster.members.filter((member) => member.node === 'ready').length)}/${String(cluster.members.length)}`],
    ['VERSION', (cluster) => cluster.spec?.k3s.version ?? '-'],
    ['RUN', (cluster) => cluster.run ?? '-'],
    ['AGE', (cluster) => span(now - cluster.createdAt)],
  ],
  wide: [
    ['ENDPOINT', (cluster) => cluster.apiEndpoint ?? '-'],
    ['REVISION', (cluster) => String(cluster.revision)],
    ['INCARNATION', (cluster) => String(cluster.incarnation)],
    ['WAITS', (cluster) => cluster.waits.map((wait) => `${wait.on.join(', ')}: ${render(wait.reason)}`).join('; ') || '-'],
  ],
})

/** Columns of `get runs`. */
export const runListing = (now: number): Listing<RunShown> => ({
  name: (run) => run.id,
  none: 'No runs yet.',
  columns: [
    ['ID', (run) => run.id],
    ['CLUSTER', (run) => run.cluster],
    ['STATE', (run) => run.state],
    ['STEPS', (run) => `${String(stepsDone(run))}/${String(run.planned)}`],
    ['STARTED', (run) => ago(now, run.startedAt)],
    ['TOOK', (run) => span((run.endedAt ?? now) - run.startedAt)],
  ],
  wide: [
    ['FORECAST', (run) => run.forecast],
    ['APPROVED BY', (run) => run.approvedBy],
    ['SAID', (run) => (run.said === null ? '-' : render(run.said))],
  ],
})

/** Columns of `get tokens`. */
export const tokenListing = (now: number): Listing<Token> => ({
  name: (token) => token.id,
  none: 'No tokens.',
  columns: [
    ['ID', (token) => token.id],
    ['KIND', (token) => token.kind],
    ['ROLE', (token) => token.role],
    ['USES LEFT', (token) => (token.usesLeft === null ? '-' : String(token.usesLeft))],
    ['EXPIRES', (token) => (token.revokedAt !== null ? 'revoked' : token.expiresAt < now ? 'expired' : `in ${span(token.expiresAt - now)}`)],
  ],
  wide: [
    ['MADE BY', (token) => token.createdBy],
    ['LABELS', (token) => labels(token.labels)],
  ],
})

/** Columns of `get artifacts`. */
export const artifactListing = (now: number): Listing<Artifact> => ({
  name: (artifact) => artifact.sha256,
  none: 'The cache is empty. Fill it: drover artifacts import k3s --version v1.36.2+k3s1',
  columns: [
    ['NAME', (artifact) => artifact.name],
    ['KIND', (artifact) => artifact.kind],
    ['VERSION', (artifact) => artifact.version],
    ['ARCH', (artifact) => artifact.arch],
    ['SIZE', (artifact) => `${String(Math.round(artifact.size / 1_000_000))} MB`],
    ['AGE', (artifact) => span(now - artifact.addedAt)],
  ],
  wide: [['SHA-256', (artifact) => artifact.sha256]],
})

/** Bytes as people say them: 412 kB, 5.1 MB, 1.2 GB. */
export const sizeText = (bytes: number): string => {
  if (bytes < 1_000_000) return `${String(Math.ceil(bytes / 1000))} kB`
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`
}

const whereIs = ({ host, copied }: SnapshotShown): string => [host, copied === null ? null : 'coordinator'].filter((place) => place !== null).join(', ')

/** Columns of `get snapshots`. */
export const snapshotListing = (now: number): Listing<SnapshotShown> => ({
  name: (snapshot) => snapshot.name,
  none: 'No snapshots. Take one: drover snapshot now CLUSTER',
  columns: [
    ['NAME', (snapshot) => snapshot.name],
    ['CLUSTER', (snapshot) => snapshot.cluster],
    ['WHERE', whereIs],
    ['AGE', (snapshot) => span(now - snapshot.at)],
    ['SIZE', (snapshot) => sizeText(snapshot.bytes)],
    ['OBJECTS', (snapshot) => String(snapshot.objects)],
    ['VERSION', (snapshot) => snapshot.version],
    ['GRADE', (snapshot) => (snapshot.opens === false ? 'other token' : snapshot.grade)],
  ],
  wide: [
    ['INCARNATION', (snapshot) => String(snapshot.incarnation)],
    ['TOKEN', (snapshot) => snapshot.token],
    ['SHA-256', (snapshot) => snapshot.sha256],
  ],
})
