import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { readText, writeWhole } from '../files.ts'
import type { World } from '../world.ts'
import { type Authority, type Leaf, newAuthority, readAuthority, signLeaf } from './certificates.ts'
import { newKey, readKey } from './keys.ts'

/** The two authorities a running server signs with. */
export type ClusterPki = { readonly server: Authority; readonly client: Authority }

/** Authority files below `server/tls`, with the name their certificate carries: what the bootstrap data keeps. */
export const AUTHORITIES: readonly (readonly [file: string, name: string])[] = [
  ['client-ca', 'k3s-client-ca'],
  ['server-ca', 'k3s-server-ca'],
  ['request-header-ca', 'k3s-request-header-ca'],
  ['etcd/server-ca', 'etcd-server-ca'],
  ['etcd/peer-ca', 'etcd-peer-ca'],
]

type Kept = { readonly file: string; readonly by: string; readonly leaf: Leaf }

const client = (file: string, commonName: string, organization?: string): Kept => ({
  file,
  by: 'client-ca',
  leaf: { commonName, use: 'client', ...(organization === undefined ? {} : { organization }) },
})

const LEAVES: readonly Kept[] = [
  client('client-admin', 'system:admin', 'system:masters'),
  client('client-supervisor', 'system:k3s-supervisor', 'system:masters'),
  client('client-controller', 'system:kube-controller-manager'),
  client('client-scheduler', 'system:kube-scheduler'),
  client('client-kube-apiserver', 'system:apiserver', 'system:masters'),
  client('client-k3s-cloud-controller', 'k3s-cloud-controller-manager'),
  { file: 'serving-kube-apiserver', by: 'server-ca', leaf: { commonName: 'kube-apiserver', use: 'server', names: ['localhost', '127.0.0.1'] } },
  { file: 'kube-scheduler/kube-scheduler', by: 'server-ca', leaf: { commonName: 'kube-scheduler', use: 'server', names: ['localhost'] } },
  {
    file: 'kube-controller-manager/kube-controller-manager',
    by: 'server-ca',
    leaf: { commonName: 'kube-controller-manager', use: 'server', names: ['localhost'] },
  },
  { file: 'client-auth-proxy', by: 'request-header-ca', leaf: { commonName: 'system:auth-proxy', use: 'client' } },
  { file: 'etcd/client', by: 'etcd/server-ca', leaf: { commonName: 'etcd-client', use: 'client' } },
]

/** What a member shows to clients and to its peers: servers and clients at once, with the node's name and address. */
const etcdLeaves = (names: readonly string[]): Kept[] => [
  { file: 'etcd/server-client', by: 'etcd/server-ca', leaf: { commonName: 'etcd-server', use: 'both', names: ['localhost', '127.0.0.1', ...names] } },
  { file: 'etcd/peer-server-client', by: 'etcd/peer-ca', leaf: { commonName: 'etcd-peer', use: 'both', names: ['localhost', '127.0.0.1', ...names] } },
]

const KEYS_ONLY = ['client-k3s-controller', 'client-kube-proxy', 'client-kubelet', 'serving-kubelet', 'service', 'service.current']

async function ensureAuthority(world: World, file: string, name: string): Promise<Authority> {
  const base = `${world.paths.tls}/${file}`
  const [certificate, key] = [readText(`${base}.crt`), readText(`${base}.key`)]
  if (certificate !== undefined && key !== undefined) return readAuthority(certificate, key)
  const made = await newAuthority(name)
  world.log('info', `generated self-signed CA certificate ${made.subject}: notBefore=${validity(-1 / 24)} notAfter=${validity(3650)}`)
  writeWhole(`${base}.crt`, made.certificate, 0o644)
  writeWhole(`${base}.key`, made.key.pem)
  if (!file.includes('/') && file !== 'request-header-ca') writeWhole(`${base}.nochain.crt`, made.certificate, 0o644)
  return made
}

const validity = (days: number): string => `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`

/** Whether a certificate of an earlier start is there and names every address that it has to. */
function holds(certificate: string | undefined, leaf: Leaf): boolean {
  if (certificate === undefined) return false
  const made = new X509Certificate(certificate)
  return (leaf.names ?? []).every((name) => isIP(name) === 0 || made.checkIP(name) !== undefined)
}

async function ensureLeaf(world: World, kept: Kept, by: Authority): Promise<void> {
  const base = `${world.paths.tls}/${kept.file}`
  if (holds(readText(`${base}.crt`), kept.leaf)) return
  const key = await newKey()
  writeWhole(`${base}.key`, key.pem)
  writeWhole(`${base}.crt`, await signLeaf(by, kept.leaf, key), 0o644)
  const organization = kept.leaf.organization === undefined ? '' : `,O=${kept.leaf.organization}`
  world.log(
    'info',
    `certificate CN=${kept.leaf.commonName}${organization} signed by ${by.subject}: notBefore=${validity(-1 / 24)} notAfter=${validity(365)}`,
  )
}

/** Makes what is missing below `server/tls`, keeps what is there, and returns the authorities that sign for nodes and users. */
export async function ensurePki(world: World, nodeIp: string): Promise<ClusterPki> {
  const made = new Map<string, Authority>()
  for (const [file, name] of AUTHORITIES) made.set(file, await ensureAuthority(world, file, name))
  for (const kept of [...LEAVES, ...etcdLeaves([world.node, nodeIp])]) {
    const by = made.get(kept.by)
    if (by !== undefined) await ensureLeaf(world, kept, by)
  }
  for (const name of KEYS_ONLY) {
    const file = `${world.paths.tls}/${name}.key`
    if (readText(file) === undefined) writeWhole(file, (await newKey()).pem)
  }
  const [server, clientAuthority] = [made.get('server-ca'), made.get('client-ca')]
  if (server === undefined || clientAuthority === undefined) throw new Error('the two authorities were not made')
  return { server, client: clientAuthority }
}

/** Signs with a key file of `server/tls` (shared by all nodes, as for agents that send no request of their own): certificate, authority, key. */
export async function signShared(world: World, by: Authority, want: { keyFile: string; leaf: Leaf }): Promise<string> {
  const pem = readText(`${world.paths.tls}/${want.keyFile}`) ?? ''
  return (await signLeaf(by, want.leaf, await readKey(pem))) + pem
}
