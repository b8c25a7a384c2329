import { compareVersions, DroverError, type Snapshot, unitFileOf, unitOf } from '@drover/protocol'
import * as z from 'zod'
import { renderMark } from '../core/k3s/marks.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readClaim, readInstalled, readText } from '../host/k3s-marks.ts'
import { type AbsolutePath, absolutePath, below } from '../host/path.ts'
import { dataAside } from '../host/read-asides.ts'
import { readSnapshot, snapshotFile, tokenPrint } from '../host/read-snapshots.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'k3s.restore'>
type Blocked = Extract<Check, { is: 'blocked' }>

const MIB = 1_048_576
const RESERVE = 64 * MIB
const UNIT = unitOf('server')
const SERVER = below(AT.data, 'server')
const DB = below(SERVER, 'db')
const STATE_DB = below(DB, 'state.db')

/** Where the state before goes, and where the copy waits until k3s has been stopped. */
const asideOf = ({ params }: Context): AbsolutePath => dataAside(params.incarnation)
const stagingOf = ({ params }: Context): AbsolutePath => below(SERVER, `db.restoring-${String(params.incarnation)}`)

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

/** Where the claim is already of the new incarnation the snapshot is in its place: it is written last. */
const againstClaim = async (host: HostReader, { params, order }: Context): Promise<Check | null> => {
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') return blocked('order.claim', `claim.json is ${claim ?? 'missing'}`)
  if (claim.cluster !== params.cluster) return blocked('order.claim', `the host has promised itself to ${claim.cluster}`)
  if (claim.incarnation > params.incarnation) return blocked('order.claim', `the host is of incarnation ${String(claim.incarnation)}, later than ${String(params.incarnation)}`)
  if (params.seed !== order.audience) return blocked('k3s.seed', `the seed is ${params.seed}`)
  if (claim.incarnation === params.incarnation) return { is: 'satisfied', said: `the host is of incarnation ${String(claim.incarnation)}` }
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
  if (datastore !== 'sqlite') return blocked('snapshot.etcd', `snapshot ${name} is of etcd, which cannot be put back yet`)
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
  const [free, need] = [await host.freeBytes(DB), snapshot.bytes + RESERVE]
  return free >= need ? null : blocked('step.space', `${String(Math.floor(free / MIB))} MB are free below ${SERVER}, ${String(Math.ceil(need / MIB))} MB are needed`)
}

const isBegun = async (host: HostReader, context: Context): Promise<boolean> =>
  (await host.stat(asideOf(context))) !== null || (await host.stat(stagingOf(context))) !== null

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const found = (await againstClaim(host, context)) ?? (await against(host, context))
  if (found !== null) return found
  return (await isBegun(host, context)) ? { is: 'partial', said: 'it was begun' } : { is: 'needed', said: 'the snapshot is whole and fits' }
}

const NotesSchema = z.strictObject({ active: z.boolean(), enabled: z.boolean(), claim: z.string().nullable(), db: z.boolean() })

const isStopped = (active: string): boolean => active === 'inactive' || active === 'failed'

/** Not enabled either: a power cut from here on must not have k3s start on no datastore at all. */
const stopK3s = async (host: HostWriter): Promise<void> => {
  const unit = await host.unit(UNIT)
  if (unit.enabled) await host.unitDo('disable', UNIT)
  if (!isStopped(unit.active)) await host.unitDo('stop', UNIT)
}

/** True where the snapshot lies in its place, untouched by k3s, and the state before is aside. */
const isPlaced = async (host: HostReader, context: Context): Promise<boolean> =>
  (await host.stat(asideOf(context))) !== null &&
  (await host.stat(below(DB, 'state.db-wal'))) === null &&
  (await host.sha256(STATE_DB)) === context.params.sha256

/** The copy is made before k3s is stopped, so that a full disk costs nobody anything. */
const place = async (host: HostWriter, context: Context): Promise<void> => {
  const { params } = context
  const [staging, aside] = [stagingOf(context), asideOf(context)]
  const copy = below(staging, 'state.db')
  context.say('copying the snapshot')
  await host.makeFolder(staging, 0o700)
  await host.copy(snapshotFile({ name: params.snapshot, datastore: 'sqlite' }), copy)
  if ((await host.sha256(copy)) !== params.sha256) throw new DroverError('snapshot.damaged', `${copy} is not what was read`)
  context.say('stopping k3s')
  await stopK3s(host)
  if ((await host.stat(aside)) !== null) await host.removeTree(DB)
  else if ((await host.stat(DB)) !== null) await host.rename(DB, aside)
  await host.rename(staging, DB)
}

const apply = async (host: HostWriter, context: Context): Promise<null> => {
  if (await isPlaced(host, context)) await stopK3s(host)
  else await place(host, context)
  await host.removeTree(stagingOf(context))
  const { cluster, incarnation, seed } = context.params
  await host.writeFile(AT.claim, new TextEncoder().encode(renderMark({ cluster, incarnation, seed })), 0o644)
  return null
}

const verify: StepModule<'k3s.restore'>['verify'] = async (host, context) => {
  const { params } = context
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged' || claim.incarnation !== params.incarnation) throw new DroverError('order.claim', 'the claim is not of the new incarnation')
  const isUnused = isStopped((await host.unit(UNIT)).active) && (await host.stat(below(DB, 'state.db-wal'))) === null
  if (isUnused && (await host.sha256(STATE_DB)) !== params.sha256) throw new DroverError('snapshot.damaged', `${STATE_DB} is not the snapshot`)
  return { objects: (await readSnapshot(host, params.snapshot))?.objects ?? 0, aside: asideOf(context) }
}

const putBackData = async (host: HostWriter, context: Context, hadData: boolean): Promise<void> => {
  if ((await host.stat(asideOf(context))) !== null) {
    await stopK3s(host)
    await host.removeTree(DB)
    await host.rename(asideOf(context), DB)
  } else if (!hadData) await host.removeTree(DB)
  await host.removeTree(stagingOf(context))
}

const MOST_LOOKS = 60

/** Starts k3s again on the data that it had, and looks for a minute whether it comes up. */
const startAgain = async (host: HostWriter, context: Context): Promise<void> => {
  context.say('starting k3s again on the data that it had')
  await host.unitDo('start', UNIT)
  for (let looks = 0; looks < MOST_LOOKS && (await host.unit(UNIT)).active !== 'active'; looks += 1) await host.pause(1000)
}

/** Puts a snapshot in the place of a server's datastore; k3s is stopped and stays so until the step that starts it. */
export const k3sRestore: StepModule<'k3s.restore'> = {
  kind: 'k3s.restore',
  check,
  note: async (host) => {
    const unit = await host.unit(UNIT)
    return { active: !isStopped(unit.active), enabled: unit.enabled, claim: await readText(host, AT.claim), db: (await host.stat(DB)) !== null }
  },
  apply,
  verify,
  undo: async (host, context, notes) => {
    const was = NotesSchema.parse(notes)
    await putBackData(host, context, was.db)
    if (was.claim !== null && (await readText(host, AT.claim)) !== was.claim) await host.writeFile(AT.claim, new TextEncoder().encode(was.claim), 0o644)
    const unit = await host.unit(UNIT)
    if (was.enabled && !unit.enabled) await host.unitDo('enable', UNIT)
    if (was.active && isStopped(unit.active)) await startAgain(host, context)
  },
}
