import { existsSync, rmSync } from 'node:fs'
import { type Access, messageOf, send } from '../agent/client.ts'
import { fetchTrust } from '../agent/trust.ts'
import type { Options } from '../config/options.ts'
import { parseToken, tokenFrom } from '../config/token.ts'
import { failed, loadBootstrap, reconcile, restoreToDisk } from '../datastore/bootstrap.ts'
import type { Datastore } from '../datastore/datastore.ts'
import { etcdStore } from '../datastore/etcd.ts'
import { etcdFolder, isEtcdBegun, memberName, type MemberSelf, peerUrl, resetFlag } from '../etcd/config.ts'
import { joinCluster } from '../etcd/join.ts'
import { setRemovedAside } from '../etcd/removal.ts'
import { type EtcdServer, etcdServer } from '../etcd/server.ts'
import { storedBootstrap } from '../etcd/stored-bootstrap.ts'
import { Fatal } from '../log.ts'
import { ensurePki, type ClusterPki } from '../pki/cluster-pki.ts'
import type { World } from '../world.ts'
import { checkCriticalOptions } from './critical-options.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Secrets } from './tokens.ts'

/** How a server begins: its datastore, its authorities, and whether it is the one that saves them for the first time. */
export type Begun = { readonly store: Datastore; readonly pki: ClusterPki; readonly etcd: EtcdServer | undefined; readonly fresh: boolean }

/** What is known before anything is opened. */
export type Starting = { readonly world: World; readonly options: Options; readonly nodeIp: string; readonly secrets: Secrets }

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function beginSqlite({ world, nodeIp, secrets }: Starting): Promise<Begun> {
  const store = await openSqliteStore(world)
  const outcome = secrets.given ? await loadBootstrap(world, store, secrets.server) : 'fresh'
  if (!secrets.given) world.log('info', 'Datastore connection validated successfully, proceeding with bootstrap data generation')
  world.reached('datastore-made')
  return { store, pki: await ensurePki(world, nodeIp), etcd: undefined, fresh: outcome === 'fresh' }
}

const selfOf = ({ world, options, nodeIp }: Starting): MemberSelf => ({ world, options, name: memberName(world), ip: nodeIp })

async function beginEtcd(from: Starting, make: (self: MemberSelf) => EtcdServer, fresh: boolean): Promise<Begun> {
  const pki = await ensurePki(from.world, from.nodeIp)
  const etcd = make(selfOf(from))
  return { store: etcdStore(etcd.api), pki, etcd, fresh }
}

const alone = (self: MemberSelf): string[] => [`${self.name}=${peerUrl(self.ip)}`]

/** The first server of a cluster on etcd. */
function beginCluster(from: Starting): Promise<Begun> {
  const { world } = from
  world.log('info', 'Managed etcd cluster initializing')
  const make = (self: MemberSelf): EtcdServer =>
    etcdServer(self, async () => {
      world.log('info', 'Starting etcd for new cluster, cluster-reset=false')
      return { cluster: alone(self), state: 'new' }
    })
  return beginEtcd(from, make, true)
}

/** Fetches the authorities from another server. @throws Error in k3s's words */
async function fetchBootstrap(world: World, access: Access): Promise<void> {
  const answer = await send(access, { path: '/v1-k3s/server-bootstrap' })
  if (answer.status !== 200) throw new Error(messageOf(answer))
  restoreToDisk(world, answer.body)
}

async function accessOf({ world, options, secrets }: Starting, url: string): Promise<Access> {
  const ca = await fetchTrust(url, parseToken(tokenFrom(options, '') ?? ''), world.log)
  return { url, ca, basic: `server:${secrets.server}` }
}

/** A further server: the authorities come from the one it is told of, and it becomes a learner of that one's etcd. */
async function beginJoining(from: Starting, url: string): Promise<Begun> {
  const { world } = from
  const access = await accessOf(from, url).catch((error: unknown) => {
    throw new Fatal(failed(`failed to check if bootstrap data has been initialized: failed to validate token: ${textOf(error)}`))
  })
  world.log('info', 'Managed etcd cluster not yet initialized')
  await fetchBootstrap(world, access).catch((error: unknown) => {
    throw new Fatal(failed(textOf(error)))
  })
  await checkCriticalOptions(world, from.options, { ...access, basic: `node:${from.secrets.agent}` })
  return beginEtcd(from, (self) => etcdServer(self, () => joinCluster(self, access)), false)
}

function reconcileOwn(world: World, secrets: Secrets): void {
  try {
    reconcile(world, storedBootstrap(world), secrets.server)
  } catch (error) {
    throw error instanceof Fatal ? error : new Fatal(failed(`failed to reconcile with local datastore: ${textOf(error)}`))
  }
}

/** A member that was one before: the authorities come from another server if one answers, else from its own data. */
async function beginAgain(from: Starting, url: string): Promise<Begun> {
  const { world, secrets } = from
  world.log('info', 'Managed etcd cluster bootstrap already complete and initialized')
  const remote = url === '' ? 'none' : await accessOf(from, url).then((access) => fetchBootstrap(world, access)).catch(textOf)
  if (typeof remote === 'string') {
    if (url !== '') world.log('warning', `Unable to reconcile with remote datastore: ${remote}`)
    reconcileOwn(world, secrets)
    world.log('info', 'Successfully reconciled with local datastore')
  } else world.log('info', 'Successfully reconciled with remote datastore')
  if (setRemovedAside(world, url)) return beginJoining(from, url)
  rmSync(resetFlag(world), { force: true })
  const make = (self: MemberSelf): EtcdServer =>
    etcdServer(self, async () => {
      world.log('info', 'Starting etcd for existing cluster member')
      return { cluster: alone(self), state: 'existing' }
    }, url === '' ? [] : [`https://${new URL(url).hostname}:2379`])
  return beginEtcd(from, make, false)
}

/** Chooses the datastore as k3s does: etcd that has begun wins over every option, then `server`, then `cluster-init`, else SQLite. */
export async function begin(from: Starting): Promise<Begun> {
  const { world, options } = from
  const joining = (options.one('server') ?? '') !== '' && (tokenFrom(options, '') ?? '') !== ''
  const url = joining ? (options.one('server') ?? '') : ''
  if (isEtcdBegun(world)) return beginAgain(from, url)
  if (joining) return beginJoining(from, url)
  return options.on('cluster-init') ? beginCluster(from) : beginSqlite(from)
}

/** Whether a datastore of an earlier start is there. */
export const hasDatastore = (world: World): boolean => existsSync(`${world.paths.db}/state.db`) || existsSync(`${etcdFolder(world)}/member`)
