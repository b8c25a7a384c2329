import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { readLedger } from '../../ledger.ts'
import { part } from '../api/kube-object.ts'
import { makeObjects } from '../api/objects.ts'
import { nodePassword, waitForCredentials } from '../agent/credentials.ts'
import { caHashOf, tokenFrom } from '../config/token.ts'
import type { Options } from '../config/options.ts'
import { loadBootstrap, saveBootstrap } from '../datastore/bootstrap.ts'
import type { Datastore } from '../datastore/datastore.ts'
import { openSqlite } from '../datastore/sqlite.ts'
import { readText, writeWhole } from '../files.ts'
import { checkFlannelInterface, chooseNodeIp } from '../kubelet/addresses.ts'
import { importImages } from '../kubelet/images.ts'
import { startKubelet } from '../kubelet/kubelet.ts'
import { openNodePorts, openSilent } from '../kubelet/ports.ts'
import { hasStaticPod, prepareNode, startPod, unpack } from '../kubelet/side-effects.ts'
import { Fatal } from '../log.ts'
import { ensurePki } from '../pki/cluster-pki.ts'
import { waitForTokenFiles } from '../token-files.ts'
import { longVersion, pause, type World } from '../world.ts'
import { answerApi } from './apiserver.ts'
import { identify } from './identity.ts'
import { refuseToJoin } from './join.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { listen } from './listener.ts'
import { ensureNodePassword } from './node-password.ts'
import { watchNodes } from './node-lifecycle.ts'
import { seedObjects } from './seed-objects.ts'
import { makeServingCertificate } from './serving.ts'
import { place, type ServerState } from './state.ts'
import { answerSupervisor, PACKAGED_ADD_ONS } from './supervisor.ts'
import { readSecrets, type Secrets, writeTokens } from './tokens.ts'

async function openStore(world: World): Promise<Datastore> {
  for (;;) {
    try {
      const store = await openSqlite(world.paths.db, world.log)
      rmSync(`${world.paths.server}/kine.sock`, { force: true })
      const socket = createServer((client) => client.destroy()).listen(`${world.paths.server}/kine.sock`).unref()
      socket.once('listening', () => chmodSync(`${world.paths.server}/kine.sock`, 0o600))
      world.log('info', 'Kine available at unix://kine.sock')
      world.log('info', 'Opening etcd client connection with endpoints [unix://kine.sock]')
      return store
    } catch (error) {
      world.log('error', `Failed to ping database connection: ${error instanceof Error ? error.message : String(error)}`)
      await pause(world, 1000)
      if (world.stopping.aborted) throw error
    }
  }
}

function noteWipe(world: World): void {
  const last = readLedger(world.paths.ledger).findLast((line) => line.event === 'initialised' || line.event === 'wiped')
  if (last?.event === 'initialised' && !existsSync(`${world.paths.db}/state.db`)) world.note({ event: 'wiped', role: 'server' })
}

async function bootstrap(world: World, secrets: Secrets): Promise<Pick<ServerState, 'store' | 'pki'> & { fresh: boolean }> {
  const store = await openStore(world)
  const outcome = secrets.given ? await loadBootstrap(world, store, secrets.server) : 'fresh'
  if (!secrets.given) world.log('info', 'Datastore connection validated successfully, proceeding with bootstrap data generation')
  world.reached('datastore-made')
  const pki = await ensurePki(world)
  for (const folder of ['cred', 'etc', 'manifests', 'static/charts', 'tls/temporary-certs']) mkdirSync(`${world.paths.server}/${folder}`, { recursive: true, mode: 0o700 })
  writeWhole(`${world.paths.server}/cred/passwd`, `${secrets.agent},node,node,k3s:agent\n${secrets.server},server,server,k3s:server\n`)
  world.reached('tls-made')
  return { store, pki, fresh: outcome === 'fresh' }
}

async function openSupervisor(state: ServerState): Promise<void> {
  const names = [state.nodeIp, ...state.options.all('tls-san'), ...state.options.all('node-external-ip'), state.options.one('advertise-address') ?? '']
  const tls = await makeServingCertificate(state.world, state.pki, names)
  await listen(6443, { ...tls, clientCa: state.pki.client.certificate }, async (call, subject) => {
    const identity = identify(call, subject, state.secrets)
    return (await answerSupervisor(state, call, identity)) ?? answerApi(state, call, identity)
  }).catch((error: unknown) => {
    const used = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    throw used ? new Fatal('Error: preparing server: failed to start supervisor listener: listen tcp :6443: bind: address already in use') : error
  })
}

async function startApi(state: ServerState): Promise<void> {
  const { world } = state
  world.log('info', 'Polling for API server readiness: GET /readyz failed: the server is currently unable to handle the request')
  await pause(world, world.settings.apiMs)
  await seedObjects(state)
  await openSilent(6444, 10257)
  state.phase.api = true
  state.phase.core = true
  await ensureNodePassword(state, world.node, nodePassword(world))
  world.log('info', 'Kube API server is now running')
}

async function joinOwnCluster(state: ServerState): Promise<void> {
  const { world } = state
  const access = { url: 'https://127.0.0.1:6443', ca: state.pki.server.certificate, basic: `node:${state.secrets.agent}` }
  world.log('info', `Password verified locally for node ${world.node}`)
  await waitForCredentials({ world, access, ip: state.nodeIp }, world.settings.configRetryMs)
  checkFlannelInterface(state.options)
  importImages(world)
}

const podsOf = (options: Options): boolean => PACKAGED_ADD_ONS.some((name) => !options.all('disable').includes(name))

async function runOwnNode(state: ServerState): Promise<void> {
  const { world, options } = state
  const read = (name: string): string => readText(`${world.paths.agent}/${name}`) ?? ''
  const certificate = { cert: read('client-kubelet.crt'), key: read('client-kubelet.key') }
  const access = { url: 'https://127.0.0.1:6443', ca: state.pki.server.certificate, certificate }
  await startKubelet({ world, options, ip: state.nodeIp }, access)
  prepareNode(world, '10.42.0.0/24')
  if (podsOf(options) || hasStaticPod(world)) startPod(world)
  await openNodePorts()
  await pause(world, world.settings.kubeletMs + world.settings.settleMs)
  await takeRole(state)
  await pause(world, world.settings.settleMs)
  await openSilent(10258, 10259)
}

async function takeRole(state: ServerState): Promise<void> {
  await state.objects.change(place('nodes', state.world.node), (node) => {
    if (node === undefined) return undefined
    const labels = { ...part(node, 'metadata', 'labels'), 'node-role.kubernetes.io/control-plane': 'true' }
    return { ...node, metadata: { ...node.metadata, labels } }
  })
  state.world.log('info', `Labels and annotations have been set successfully on node: ${state.world.node}`)
}

/** Runs a server from its first log line to READY; `ready` is called there, and the node goes on to register and become Ready. */
export async function runServer(world: World, options: Options, ready: () => void): Promise<Datastore> {
  noteWipe(world)
  world.note({ event: 'start', role: 'server', pid: process.pid })
  if (unpack(world)) await pause(world, world.settings.unpackMs)
  world.reached('unpacked')
  await waitForTokenFiles(world, options)
  const nodeIp = chooseNodeIp(options)
  world.log('info', `Starting k3s ${longVersion(world.version)}`)
  const url = options.one('server') ?? ''
  if (url !== '' && (tokenFrom(options, '') ?? '') !== '') return refuseToJoin(world, options, url)
  if (options.on('cluster-init')) throw new Fatal('Error: preparing server: this stand-in has no etcd')
  const secrets = readSecrets(world, options)
  const { store, pki, fresh } = await bootstrap(world, secrets)
  const state: ServerState = { world, options, store, objects: makeObjects(store), pki, nodeIp, secrets, leads: async () => true, phase: { api: false, core: false } }
  await openSupervisor(state)
  await joinOwnCluster(state)
  world.reached('before-bootstrap-save')
  await saveBootstrap(world, store, secrets.server)
  if (fresh) world.note({ event: 'initialised', caHash: caHashOf(pki.server.certificate), datastore: 'sqlite' })
  world.reached('bootstrap-saved')
  world.log('info', 'ETCD server is now running')
  writeTokens(world, secrets, { ca: pki.server.certificate, ip: nodeIp })
  writeKubeconfig(world, options)
  world.reached('kubeconfig-written')
  await startApi(state)
  world.reached('before-ready')
  world.log('info', 'k3s is up and running')
  ready()
  void watchNodes(state)
  await runOwnNode(state)
  return store
}
