import { compareVersions, type Datastore, DroverError, type Snapshot, unitFileOf, unitOf } from '@drover/protocol'
import type { HostReader, HostWriter } from '../host/host.ts'
import { readInstalled } from '../host/k3s-marks.ts'
import { type AbsolutePath, absolutePath, below } from '../host/path.ts'
import { dataAside, K3S_SERVER } from '../host/read-asides.ts'
import { readSnapshot, snapshotFile, tokenPrint } from '../host/read-snapshots.ts'
import { earlierClaim, heldClaim } from './against-claim.ts'
import { endReset, hasReset, putEtcdBack } from './put-etcd-back.ts'
import { isUntouched, putSqliteBack, stagingOf, STATE_DB } from './put-sqlite-back.ts'
import type { Check, StepContext, StepModule } from './step.ts'
import { isStopped, readStood, standAgain, StoodSchema, stopServer, writeClaim } from './stop-server.ts'

type Context = StepContext<'k3s.restore'>
type Blocked = Extract<Check, { is: 'blocked' }>

const MIB = 1_048_576
/** etcd makes room for its write-ahead log at once, two files of 64 MB. */
const RESERVE: Readonly<Record<Datastore, number>> = { sqlite: 64 * MIB, etcd: 192 * MIB }
const UNIT = unitOf('server')
const DB = below(K3S_SERVER, 'db')

/** Where the state before goes. */
const asideOf = ({ params }: Context): AbsolutePath => dataAside(params.incarnation)

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

/** Where the claim is already of the new incarnation the snapshot is in its place: it is written last. */
const againstClaim = async (host: HostReader, context: Context): Promise<Check | null> => {
  const { params, order } = context
  const claim = await earlierClaim(host, params)
  if (typeof claim === 'string') return blocked('order.claim', claim)
  if (params.seed !== order.audience) return blocked('k3s.seed', `the seed is ${params.seed}`)
  if (claim.incarnation === params.incarnation) return { is: (await hasReset(host, context)) ? 'partial' : 'satisfied', said: `the host is of incarnation ${String(claim.incarnation)}` }
  const isServer = (await host.stat(absolutePath(unitFileOf('server')))) !== null
  return isServer ? null : blocked('snapshot.none', 'the host is no server')
}

const orNone = (text: string): string => (text === '' ? 'none' : text)

/** An unknown version cannot be compared: its snapshot may be read by any k3s that is there. */
const isNewer = (taken: string, have: string): boolean => have === '' || (/^v\d/.test(taken) && compareVersions(taken, have) > 0)

/** What forbids the k3s that is here to start on the snapshot. */
const againstK3s = async (host: HostReader, { params }: Context, snapshot: Snapshot): Promise<Blocked | null> => {
  const { name } = snapshot
  if (snapshot.cluster !== params.cluster) return blocked('snapshot.cluster', `snapshot ${name} is of cluster ${snapshot.cluster}`)
  const token = await tokenPrint(host)
  if (snapshot.token !== token) return blocked('snapshot.token', `token ${snapshot.token} opens snapshot ${name}, the host has ${orNone(token)}`)
  const have = (await readInstalled(host))?.version ?? ''
  return isNewer(snapshot.version, have) ? blocked('snapshot.version', `k3s ${snapshot.version} took snapshot ${name}, the host has ${orNone(have)}`) : null
}

const againstFile = async (host: HostReader, { params }: Context, snapshot: Snapshot): Promise<Blocked | null> => {
  const { name, sha256, datastore } = snapshot
  if (datastore !== params.datastore) return blocked('snapshot.datastore', `snapshot ${name} is of ${datastore}, the cluster is on ${params.datastore}`)
  if (sha256 !== params.sha256) return blocked('snapshot.damaged', `snapshot ${name} is another one than was asked for`)
  const found = await host.sha256(snapshotFile(snapshot))
  return found === sha256 ? null : blocked('snapshot.damaged', `${snapshotFile(snapshot)} is not the file that was taken: its SHA-256 is ${orNone(found ?? '')}`)
}

const against = async (host: HostReader, context: Context): Promise<Blocked | null> => {
  const { snapshot: name } = context.params
  const snapshot = await readSnapshot(host, name)
  if (snapshot === null) return blocked('snapshot.unknown', `no whole snapshot ${name} is on the host`)
  const fault = (await againstK3s(host, context, snapshot)) ?? (await againstFile(host, context, snapshot))
  if (fault !== null || (await isBegun(host, context))) return fault
  const [free, need] = [await host.freeBytes(DB), snapshot.bytes + RESERVE[snapshot.datastore]]
  return free >= need ? null : blocked('step.space', `${String(Math.floor(free / MIB))} MB are free below ${K3S_SERVER}, ${String(Math.ceil(need / MIB))} MB are needed`)
}

const isBegun = async (host: HostReader, context: Context): Promise<boolean> =>
  (await host.stat(asideOf(context))) !== null || (await host.stat(stagingOf(context))) !== null

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const found = (await againstClaim(host, context)) ?? (await against(host, context))
  if (found !== null) return found
  return (await isBegun(host, context)) ? { is: 'partial', said: 'it was begun' } : { is: 'needed', said: 'the snapshot is whole and fits' }
}

/** A claim that is of the new incarnation already says that the data are in their place. */
const isPromised = async (host: HostReader, { params }: Context): Promise<boolean> => typeof (await heldClaim(host, params)) !== 'string'

const apply = async (host: HostWriter, context: Context): Promise<null> => {
  const { cluster, incarnation, seed, datastore } = context.params
  if (!(await isPromised(host, context))) {
    if (datastore === 'etcd') await putEtcdBack(host, context)
    else await putSqliteBack(host, context)
    await writeClaim(host, { cluster, incarnation, seed })
  }
  await endReset(host, context)
  return null
}

const verify: StepModule<'k3s.restore'>['verify'] = async (host, context) => {
  const { params } = context
  if (!(await isPromised(host, context))) throw new DroverError('order.claim', 'the claim is not of the new incarnation')
  const isUnused = params.datastore === 'sqlite' && isStopped((await host.unit(UNIT)).active) && (await isUntouched(host))
  if (isUnused && (await host.sha256(STATE_DB)) !== params.sha256) throw new DroverError('snapshot.damaged', `${STATE_DB} is not the snapshot`)
  return { objects: (await readSnapshot(host, params.snapshot))?.objects ?? 0, aside: asideOf(context) }
}

const putBackData = async (host: HostWriter, context: Context, hadData: boolean): Promise<void> => {
  await endReset(host, context)
  if ((await host.stat(asideOf(context))) !== null) {
    await stopServer(host)
    await host.removeTree(DB)
    await host.rename(asideOf(context), DB)
  } else if (!hadData) await host.removeTree(DB)
  await host.removeTree(stagingOf(context))
}

/** Puts a snapshot in the place of a server's datastore; k3s is stopped and stays so until the step that starts it. */
export const k3sRestore: StepModule<'k3s.restore'> = {
  kind: 'k3s.restore',
  check,
  note: async (host) => readStood(host, (await host.stat(DB)) !== null),
  apply,
  verify,
  undo: async (host, context, notes) => {
    const was = StoodSchema.parse(notes)
    await putBackData(host, context, was.db)
    await standAgain(host, was, context.say)
  },
}
