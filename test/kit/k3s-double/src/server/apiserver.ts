import { setTimeout as wait } from 'node:timers/promises'
import { answerObject } from '../api/objects.ts'
import { type Call, failure, json, type Reply, supervisorFailure, text } from '../api/reply.ts'
import { parseTarget, RESOURCES, type Target } from '../api/resources.ts'
import { part } from '../api/kube-object.ts'
import { removeMember } from '../etcd/removal.ts'
import { COMMIT } from '../world.ts'
import { type Identity, inGroup } from './identity.ts'
import { place, type ServerState } from './state.ts'

const CHECKS = ['ping', 'log', 'etcd', 'etcd-readiness', 'informer-sync', 'poststarthook/generic-apiserver-start-informers', 'shutdown']

const PROBE_MS = 2000

/** Whether the datastore answers a read soon: etcd without a quorum does not. */
const answers = (state: ServerState): Promise<boolean> => {
  const read = state.store.get('/registry/health').then(
    () => true,
    () => false,
  )
  return Promise.race([read, wait(PROBE_MS, false)])
}

async function probe(state: ServerState, call: Call): Promise<Reply | undefined> {
  if (!['/readyz', '/livez', '/healthz'].includes(call.path)) return undefined
  const isWell = await answers(state)
  if (isWell && !call.query.has('verbose')) return text(200, 'ok')
  const lines = CHECKS.map((name) => (isWell || name !== 'etcd' ? `[+]${name} ok` : `[-]${name} failed: reason withheld`))
  return text(isWell ? 200 : 500, `${lines.join('\n')}\n${call.path.slice(1)} check ${isWell ? 'passed' : 'failed'}\n`)
}

/** The version document of a release such as `v1.36.2+k3s1`. */
export function versionDocument(version: string): Readonly<Record<string, string>> {
  const [, major = '1', minor = ''] = /^v(\d+)\.(\d+)/.exec(version) ?? []
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: version,
    gitCommit: COMMIT,
    gitTreeState: 'clean',
    buildDate: '2026-06-29T16:44:07Z',
    goVersion: 'go1.26.8',
    compiler: 'gc',
    platform: `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
  }
}

function discovery(path: string): Reply | undefined {
  const version = path === '/api/v1' ? 'v1' : path.replace(/^\/apis\//, '')
  if (path === '/api') return json(200, { kind: 'APIVersions', versions: ['v1'] })
  const resources = RESOURCES.filter((resource) => resource.apiVersion === version)
  if (resources.length === 0 || !/^\/(api\/v1|apis\/[^/]+\/[^/]+)$/.test(path)) return undefined
  const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update']
  const list = resources.map(({ name, kind, namespaced }) => ({ name, singularName: kind.toLowerCase(), namespaced, kind, verbs }))
  return json(200, { kind: 'APIResourceList', groupVersion: version, resources: list })
}

/** A node may read and write its own Node and its own lease; an administrator anything. */
function mayTouch(identity: Identity, target: Target | undefined): boolean {
  if (inGroup(identity, 'system:masters')) return true
  if (identity.is !== 'user' || !inGroup(identity, 'system:nodes') || target === undefined) return false
  const own = identity.name === `system:node:${target.name}`
  return (target.resource.name === 'nodes' || target.resource.name === 'leases') && (own || target.name === undefined)
}

const objectsReply = async (state: ServerState, target: Target, call: Call): Promise<Reply> => {
  const node = target.resource.name === 'nodes' && call.method === 'DELETE' ? await state.objects.read(target) : undefined
  const reply = await answerObject(state.objects, target, call)
  if (node === undefined || reply.status !== 200) return reply
  await state.objects.remove(place('secrets', `${node.metadata.name}.node-password.k3s`, 'kube-system'))
  const member = part(node, 'metadata', 'annotations')['etcd.k3s.cattle.io/node-name']
  if (state.etcd !== undefined && typeof member === 'string') void removeMember(state.world, state.etcd.api, member)
  return reply
}

/** Answers what k3s hands to kube-apiserver: 503 before it is up, 401 without a client certificate. */
export async function answerApi(state: ServerState, call: Call, identity: Identity): Promise<Reply> {
  if (!state.phase.api) return supervisorFailure(503, 'apiserver not ready')
  if (identity.is !== 'user' || identity.by !== 'certificate') return failure(401, 'Unauthorized')
  const open = (await probe(state, call)) ?? (call.path === '/version' ? json(200, versionDocument(state.world.version)) : discovery(call.path))
  if (open !== undefined) return open
  const target = parseTarget(call.path)
  if (!mayTouch(identity, target)) return failure(403, `User "${identity.name}" cannot ${call.method.toLowerCase()} path "${call.path}"`)
  return target === undefined ? failure(404, 'the server could not find the requested resource') : objectsReply(state, target, call)
}
