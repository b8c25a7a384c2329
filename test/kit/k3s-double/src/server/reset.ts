import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import type { Options } from '../config/options.ts'
import { failed, reconcile } from '../datastore/bootstrap.ts'
import { etcdStore } from '../datastore/etcd.ts'
import { etcdFolder, memberName, type MemberSelf, peerUrl, resetFlag } from '../etcd/config.ts'
import { etcdServer } from '../etcd/server.ts'
import { storedBootstrap } from '../etcd/stored-bootstrap.ts'
import { checkedSnapshot, type StoredEntry, storedEntries } from '../etcd/stored-entries.ts'
import { writeWhole } from '../files.ts'
import { Ended, Fatal } from '../log.ts'
import { ensurePki } from '../pki/cluster-pki.ts'
import { longVersion, type World } from '../world.ts'
import type { Starting } from './begin.ts'

const DATABASE = 'Error: starting kubernetes: failed to start cluster: start managed database: '
const AGAIN =
  'Managed etcd cluster membership was previously reset, please remove the cluster-reset flag and start k3s normally. If you need to perform another cluster reset, you must first manually delete the file at '
const DONE = 'Managed etcd cluster membership has been reset, restart without --cluster-reset flag now. Backup and delete ${datadir}/server/db on each peer etcd server and rejoin the nodes'

const unix = (): number => Math.floor(Date.now() / 1000)

/** What speaks against a reset before anything is opened. */
export function refuseReset(options: Options): void {
  const isReset = options.on('cluster-reset')
  if (!isReset && (options.one('cluster-reset-restore-path') ?? '') !== '') throw new Fatal('Error: invalid flag use; --cluster-reset required with --cluster-reset-restore-path')
  if (isReset && (options.one('server') ?? '') !== '') throw new Fatal('Error: cannot perform cluster-reset while server URL is set - remove server from configuration before resetting')
}

/** What a snapshot holds; the data that were there are moved aside. @throws Fatal in k3s's words */
function openSnapshot(world: World, path: string): StoredEntry[] {
  if (!existsSync(path)) throw new Fatal(`${DATABASE}etcd: snapshot path does not exist: ${path}`)
  if (statSync(path).isDirectory()) throw new Fatal(`${DATABASE}etcd: snapshot path must be a file, not a directory: ${path}`)
  const old = `${etcdFolder(world)}-old-${unix()}`
  mkdirSync(etcdFolder(world), { recursive: true, mode: 0o700 })
  renameSync(etcdFolder(world), old)
  world.log('info', `Pre-restore etcd database moved to ${old}`)
  try {
    return storedEntries(checkedSnapshot(readFileSync(path)))
  } catch (error) {
    throw new Fatal(`${DATABASE}${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The authorities come from the datastore; those on the disk are kept beside them. */
function takeAuthorities({ world, secrets }: Starting, entries: readonly StoredEntry[] | undefined): void {
  const backup = `${world.paths.tls}-${unix()}`
  world.log('info', `Cluster reset: backing up certificates directory to ${backup}`)
  if (existsSync(world.paths.tls)) cpSync(world.paths.tls, backup, { recursive: true })
  reconcile(world, entries?.filter(({ key }) => key.startsWith('/bootstrap/')) ?? storedBootstrap(world), secrets.server)
}

/**
 * Makes a cluster of this member alone, out of its data or out of a snapshot, and ends with exit code 0. Of a snapshot the
 * newest value of each key is written to a new etcd, so that revisions begin anew, which in k3s they do not.
 */
export async function resetCluster(from: Starting): Promise<never> {
  const { world, options, nodeIp } = from
  const path = options.one('cluster-reset-restore-path') ?? ''
  world.log('info', `Starting k3s ${longVersion(world.version)}`)
  if (path === '' && existsSync(resetFlag(world))) throw new Fatal(`${DATABASE}${AGAIN}${resetFlag(world)}`)
  if (path === '' && !existsSync(`${etcdFolder(world)}/member`)) throw new Fatal(failed('etcd: no data to reset'))
  const entries = path === '' ? undefined : openSnapshot(world, path)
  takeAuthorities(from, entries)
  await ensurePki(world, nodeIp)
  rmSync(`${etcdFolder(world)}/name`, { force: true })
  const self: MemberSelf = { world, options, name: memberName(world), ip: nodeIp }
  writeWhole(resetFlag(world), '')
  world.log('info', 'Starting etcd for new cluster, cluster-reset=true')
  const etcd = etcdServer(self, async () => ({ cluster: [`${self.name}=${peerUrl(nodeIp)}`], state: 'new', alone: true, forced: entries === undefined }))
  await Promise.race([etcd.up(), etcd.broken])
  const store = etcdStore(etcd.api)
  for (const { key, value } of entries ?? []) await store.put(key, value)
  world.note({ event: 'reset', name: self.name })
  world.log('error', `Shutdown request received: "${DONE}"`)
  throw new Ended(0)
}
