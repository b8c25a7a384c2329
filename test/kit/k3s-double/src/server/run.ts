import { mkdirSync } from 'node:fs'
import { readLedger } from '../../ledger.ts'
import { nodePassword } from '../agent/credentials.ts'
import { makeObjects } from '../api/objects.ts'
import { caHashOf } from '../config/token.ts'
import type { Options } from '../config/options.ts'
import { saveBootstrap } from '../datastore/bootstrap.ts'
import { migrateToEtcd } from '../datastore/migrate.ts'
import type { EtcdServer } from '../etcd/server.ts'
import { keepPromoting } from '../etcd/promote.ts'
import { writeWhole } from '../files.ts'
import { chooseNodeIp } from '../kubelet/addresses.ts'
import { openSilent } from '../kubelet/ports.ts'
import { unpack } from '../kubelet/side-effects.ts'
import { Fatal } from '../log.ts'
import { waitForTokenFiles } from '../token-files.ts'
import { longVersion, pause, type World } from '../world.ts'
import { answerApi } from './apiserver.ts'
import { begin, hasDatastore, type Starting } from './begin.ts'
import { identify } from './identity.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { listen } from './listener.ts'
import { ensureNodePassword } from './node-password.ts'
import { watchNodes } from './node-lifecycle.ts'
import { joinOwnCluster, runOwnNode } from './own-node.ts'
import { refuseReset, resetCluster } from './reset.ts'
import { seedObjects } from './seed-objects.ts'
import { makeServingCertificate } from './serving.ts'
import type { ServerState } from './state.ts'
import { answerSupervisor } from './supervisor.ts'
import { readSecrets, type Secrets, writeTokens } from './tokens.ts'

function noteWipe(world: World): void {
  const last = readLedger(world.paths.ledger).findLast((line) => ['initialised', 'member-added', 'wiped'].includes(line.event))
  if (last !== undefined && last.event !== 'wiped' && !hasDatastore(world)) world.note({ event: 'wiped', role: 'server' })
}

function makeFolders(world: World, secrets: Secrets): void {
  for (const folder of ['cred', 'etc', 'manifests', 'static/charts', 'tls/temporary-certs']) mkdirSync(`${world.paths.server}/${folder}`, { recursive: true, mode: 0o700 })
  writeWhole(`${world.paths.server}/cred/passwd`, `${secrets.agent},node,node,k3s:agent\n${secrets.server},server,server,k3s:server\n`)
  world.reached('tls-made')
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

async function save(state: ServerState, fresh: boolean): Promise<void> {
  const { world, etcd, pki, secrets, store } = state
  world.reached('before-bootstrap-save')
  await saveBootstrap(world, store, secrets.server)
  if (fresh) world.note({ event: 'initialised', caHash: caHashOf(pki.server.certificate), datastore: store.kind })
  if (etcd !== undefined) world.log('info', 'Opening etcd client connection with endpoints [https://127.0.0.1:2379]')
  world.reached('bootstrap-saved')
}

function hand(state: ServerState, secrets: Secrets): void {
  writeTokens(state.world, secrets, { ca: state.pki.server.certificate, ip: state.nodeIp })
  writeKubeconfig(state.world, state.options)
  state.world.reached('kubeconfig-written')
}

/** Brings the member up, which takes as long as somebody promotes it. */
async function runEtcd(world: World, etcd: EtcdServer): Promise<void> {
  await etcd.up()
  const last = readLedger(world.paths.ledger).findLast((line) => line.event === 'member-added' || line.event === 'promoted')
  if (last?.event === 'member-added') world.note({ event: 'promoted', name: etcd.self.name })
  world.log('info', 'ETCD server is now running')
}

/** With etcd the tokens and the kubeconfig are there before it is, on SQLite the datastore comes first. */
async function openDatastore(state: ServerState, secrets: Secrets, fresh: boolean): Promise<void> {
  if (state.etcd === undefined) {
    await save(state, fresh)
    state.world.log('info', 'ETCD server is now running')
    hand(state, secrets)
    return
  }
  hand(state, secrets)
  await runEtcd(state.world, state.etcd)
  if (fresh) await migrateToEtcd(state.world, state.store)
  state.world.reached('datastore-made')
  await save(state, fresh)
  void keepPromoting(state.etcd)
}

async function run(from: Starting, ready: () => void): Promise<void> {
  const { world, options, nodeIp, secrets } = from
  const { store, pki, etcd, fresh } = await begin(from)
  makeFolders(world, secrets)
  const leads = etcd === undefined ? async () => true : etcd.leads
  const state: ServerState = { world, options, store, objects: makeObjects(store), pki, nodeIp, secrets, etcd, leads, phase: { api: false, core: false } }
  const whole = async (): Promise<void> => {
    await openSupervisor(state)
    await joinOwnCluster(state)
    await openDatastore(state, secrets, fresh)
    await startApi(state)
    world.reached('before-ready')
    world.log('info', 'k3s is up and running')
    ready()
    void watchNodes(state)
    await runOwnNode(state)
  }
  await (etcd === undefined ? whole() : Promise.race([whole().then(() => etcd.broken), etcd.broken]))
}

/** Runs a server from its first log line to READY; `ready` is called there, and the node goes on to register and become Ready. */
export async function runServer(world: World, options: Options, ready: () => void): Promise<void> {
  refuseReset(options)
  if (options.on('cluster-reset')) return resetCluster({ world, options, nodeIp: chooseNodeIp(options), secrets: readSecrets(world, options) })
  noteWipe(world)
  world.note({ event: 'start', role: 'server', pid: process.pid })
  if (unpack(world)) await pause(world, world.settings.unpackMs)
  world.reached('unpacked')
  await waitForTokenFiles(world, options)
  const nodeIp = chooseNodeIp(options)
  world.log('info', `Starting k3s ${longVersion(world.version)}`)
  await run({ world, options, nodeIp, secrets: readSecrets(world, options) }, ready)
}
