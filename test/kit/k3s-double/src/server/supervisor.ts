import { part, partList, word } from '../api/kube-object.ts'
import { type Call, json, type Reply, supervisorFailure, text } from '../api/reply.ts'
import { nodePassword } from '../agent/credentials.ts'
import { readText } from '../files.ts'
import { signShared } from '../pki/cluster-pki.ts'
import { criticalOptions } from './critical-options.ts'
import { dbInfo, isOwn, serverBootstrap } from './etcd-routes.ts'
import { type Identity, inGroup } from './identity.ts'
import { ensureNodePassword } from './node-password.ts'
import { place, type ServerState } from './state.ts'

type Route = (state: ServerState, call: Call, identity: Identity) => Reply | Promise<Reply>

const header = (call: Call, name: string): string => {
  const value = call.headers[name]
  return typeof value === 'string' ? value : ''
}

/** The node that asks, or the refusal: 400 without a name, 401 for a certificate of a deleted node, 403 for a wrong password. */
async function checkNode(state: ServerState, call: Call, identity: Identity): Promise<string | Reply> {
  const [node, password] = [header(call, 'k3s-node-name').toLowerCase(), header(call, 'k3s-node-password')]
  if (node === '') return supervisorFailure(400, 'node name not set')
  if (password === '') return supervisorFailure(400, 'node password not set')
  return (await checkIdentity(state, identity, node)) ?? checkPassword(state, node, password)
}

async function checkIdentity(state: ServerState, identity: Identity, node: string): Promise<Reply | undefined> {
  const own = identity.is === 'user' && identity.by === 'certificate'
  if (own && identity.name !== `system:node:${node}`) return supervisorFailure(400, 'header node name does not match auth node name')
  if (!state.phase.core && node !== state.world.node) return supervisorFailure(503, 'runtime core not ready')
  if (own && (await state.objects.read(place('nodes', node))) === undefined) {
    return supervisorFailure(401, `unable to verify node identity: nodes "${node}" not found`)
  }
  return undefined
}

/** Before the core is up a server knows only its own node's password, from its own file; the secret is made afterwards. */
async function checkPassword(state: ServerState, node: string, password: string): Promise<string | Reply> {
  const right = state.phase.core ? await ensureNodePassword(state, node, password) : password === nodePassword(state.world)
  if (right) return node
  return supervisorFailure(403, `unable to verify hash for node '${node}': hash does not match`)
}

const servingKubelet: Route = async (state, call, identity) => {
  const node = await checkNode(state, call, identity)
  if (typeof node !== 'string') return node
  const names = [node, 'localhost', '127.0.0.1', '::1', ...header(call, 'k3s-node-ip').split(',').filter((ip) => ip !== '')]
  return text(200, await signShared(state.world, state.pki.server, { keyFile: 'serving-kubelet.key', leaf: { commonName: node, use: 'server', names } }))
}

const clientKubelet: Route = async (state, call, identity) => {
  const node = await checkNode(state, call, identity)
  if (typeof node !== 'string') return node
  const leaf = { commonName: `system:node:${node}`, organization: 'system:nodes', use: 'client' } as const
  return text(200, await signShared(state.world, state.pki.client, { keyFile: 'client-kubelet.key', leaf }))
}

const clientFor =
  (keyFile: string, commonName: string): Route =>
  async (state) =>
    text(200, await signShared(state.world, state.pki.client, { keyFile, leaf: { commonName, use: 'client' } }))

const file =
  (name: string): Route =>
  (state) =>
    text(200, readText(`${state.world.paths.tls}/${name}`) ?? '')

/** The add-ons that bring pods unless `disable` names them. */
export const PACKAGED_ADD_ONS = ['coredns', 'local-storage', 'metrics-server', 'traefik', 'servicelb'] as const

const config: Route = (state) =>
  json(200, {
    ClusterIPRange: { IP: '10.42.0.0', Mask: '//8AAA==' },
    ServiceIPRange: { IP: '10.43.0.0', Mask: '//8AAA==' },
    ClusterDNS: '10.43.0.10',
    HTTPSPort: 6443,
    SupervisorPort: 6443,
    ...criticalOptions(state.options),
    Disables: Object.fromEntries(state.options.all('disable').map((name) => [name, true])),
  })

const readyz: Route = (state) => (state.phase.core ? text(200, 'ok') : supervisorFailure(503, 'runtime core not ready'))

/** This server first, then every other one that has the role. */
const apiServers: Route = async (state) => {
  const nodes = state.phase.core && state.etcd !== undefined ? await state.objects.list(place('nodes', '')) : []
  const servers = nodes.filter((node) => 'node-role.kubernetes.io/control-plane' in part(node, 'metadata', 'labels'))
  const addresses = servers.flatMap((node) => partList(node, 'status', 'addresses').filter((one) => one['type'] === 'InternalIP').map((one) => word(one['address'])))
  return json(200, [...new Set([state.nodeIp, ...addresses])].map((address) => `${address}:6443`))
}

const AGENT_ROUTES: Readonly<Record<string, Route>> = {
  '/v1-k3s/readyz': readyz,
  '/v1-k3s/config': config,
  '/v1-k3s/apiservers': apiServers,
  '/v1-k3s/client-ca.crt': file('client-ca.crt'),
  '/v1-k3s/server-ca.crt': file('server-ca.crt'),
  '/v1-k3s/serving-kubelet.crt': servingKubelet,
  '/v1-k3s/client-kubelet.crt': clientKubelet,
  '/v1-k3s/client-kube-proxy.crt': clientFor('client-kube-proxy.key', 'system:kube-proxy'),
  '/v1-k3s/client-k3s-controller.crt': clientFor('client-k3s-controller.key', 'system:k3s-controller'),
}

const SERVER_ROUTES: Readonly<Record<string, Route>> = {
  '/v1-k3s/server-bootstrap': serverBootstrap,
}

/** On SQLite these refuse everybody alike, with or without credentials. */
async function answerEtcd(state: ServerState, call: Call, identity: Identity): Promise<Reply> {
  const { etcd } = state
  if (etcd === undefined) return supervisorFailure(400, 'etcd datastore disabled')
  if (call.path === '/db/info' && identity.is === 'nobody' && isOwn(call)) return dbInfo(etcd)
  const route: Route = () => (call.path === '/db/info' ? dbInfo(etcd) : supervisorFailure(500, 'this stand-in takes no snapshots of etcd'))
  return guarded(state, call, { identity, groups: ['k3s:server'], route })
}

const ETCD_ROUTES: ReadonlySet<string> = new Set(['/db/info', '/db/snapshot'])

async function guarded(state: ServerState, call: Call, from: { identity: Identity; groups: readonly string[]; route: Route }): Promise<Reply> {
  const reply = refuse(from.identity, from.groups) ?? (await from.route(state, call, from.identity))
  if (reply.status >= 400) state.world.log('error', `Sending HTTP/1.1 ${reply.status} response to ${call.remote}: ${messageOf(reply)}`)
  return reply
}

const messageOf = (reply: Reply): string => /"message": "([^"]*)"/.exec(reply.body)?.[1] ?? ''

function refuse(identity: Identity, groups: readonly string[]): Reply | undefined {
  if (identity.is === 'rejected') return supervisorFailure(401, 'not authorized')
  return inGroup(identity, ...groups) ? undefined : supervisorFailure(403, 'forbidden')
}

/** Answers k3s's own routes (`/ping`, `/cacerts`, `/v1-k3s/…`, `/db/…`); undefined for what belongs to the API server. */
export async function answerSupervisor(state: ServerState, call: Call, identity: Identity): Promise<Reply | undefined> {
  if (call.path === '/ping') return text(200, 'pong')
  if (call.path === '/cacerts') return text(200, state.pki.server.certificate)
  if (ETCD_ROUTES.has(call.path)) return answerEtcd(state, call, identity)
  const server = SERVER_ROUTES[call.path]
  if (server !== undefined) return guarded(state, call, { identity, groups: ['k3s:server'], route: server })
  const agent = AGENT_ROUTES[call.path]
  if (agent !== undefined) return guarded(state, call, { identity, groups: ['k3s:agent', 'system:nodes'], route: agent })
  return undefined
}
