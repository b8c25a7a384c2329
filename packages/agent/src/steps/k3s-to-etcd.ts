import { beforeEtcd, DroverError, ETCD_PORTS, renderConfig, unitFileOf, unitOf } from '@drover/protocol'
import * as z from 'zod'
import { isCurrent } from '../core/k3s/marks.ts'
import { unitIsOurs } from '../core/k3s/unit.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { DATASTORE, readDatastore } from '../host/k3s-datastore.ts'
import { AT, readOnDisk, readStarted, readText } from '../host/k3s-marks.ts'
import { readOpenPorts } from '../host/open-ports.ts'
import { type AbsolutePath, absolutePath } from '../host/path.ts'
import { heldClaim } from './against-claim.ts'
import { awaitMigrated } from './await-migrated.ts'
import { beginCopy, copiedDatabase, dropCopy, endCopy, goBackToCopy, isCopied, isCopyBegun } from './cold-copy.ts'
import { type Compared, compareObjects } from './compare-objects.ts'
import { notUp } from './not-up.ts'
import { holdDown, isHeldDown, letGo } from './once-only.ts'
import { AsideSchema, asideFolder, putBack, setAside } from './set-aside.ts'
import { isRunning, startOnce } from './start-once.ts'
import type { Check, StepContext, StepModule } from './step.ts'
import { isStopped } from './stop-server.ts'

type Context = StepContext<'k3s.to-etcd'>
type Blocked = Extract<Check, { is: 'blocked' }>

const UNIT = unitOf('server')
const MIB = 1_048_576
/** What etcd lays out for its log before it writes anything, and what stays free. */
const RESERVE = 256 * MIB

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

const copyOf = ({ params }: Context): AbsolutePath => absolutePath(beforeEtcd(params.incarnation))

const againstHost = async (host: HostReader, { params, order }: Context): Promise<Blocked | null> => {
  const claim = await heldClaim(host, params)
  if (typeof claim === 'string') return blocked('order.claim', claim)
  if (claim.seed !== order.audience) return blocked('k3s.seed', `the seed is ${claim.seed}`)
  if (params.config['cluster-init'] !== true) return blocked('k3s.to-etcd', 'the settings are not those of a server that begins an etcd')
  const unit = await readText(host, absolutePath(unitFileOf('server')))
  if (unit === null) return blocked('k3s.to-etcd', 'the host is no server')
  return unitIsOurs(unit) ? null : blocked('k3s.foreign', `${unitFileOf('server')} was not written by Drover`)
}

const sizeOf = async (host: HostReader, path: AbsolutePath): Promise<number> => (await host.stat(path))?.bytes ?? 0

/** Room for the copy, for what etcd makes of it, and for its log; and the ports that it will take. */
const againstRoom = async (host: HostReader): Promise<Blocked | null> => {
  const bytes = (await sizeOf(host, DATASTORE.sqlite)) + (await sizeOf(host, absolutePath(`${DATASTORE.sqlite}-wal`)))
  const [free, need] = [await host.freeBytes(DATASTORE.folder), 3 * bytes + RESERVE]
  if (free < need) return blocked('step.space', `${String(Math.floor(free / MIB))} MB are free below ${DATASTORE.folder}, ${String(Math.ceil(need / MIB))} MB are needed; k3s was not stopped`)
  const open = await readOpenPorts(host)
  const held = Object.values(ETCD_PORTS).find((port) => open.has(port))
  return held === undefined ? null : blocked('k3s.port', `tcp/${String(held)}, which etcd needs, is in use; k3s was not stopped`)
}

const hasSettings = async (host: HostReader, { params }: Context): Promise<boolean> => (await readText(host, AT.dropIn)) === renderConfig(params.config)

/** True while k3s runs with these settings: what it has begun it may end. */
const runsOnEtcd = async (host: HostReader, context: Context): Promise<boolean> =>
  (await hasSettings(host, context)) && isRunning(await host.unit(UNIT)) && isCurrent(await readStarted(host), await readOnDisk(host, 'server'))

const isWhole = async (host: HostReader): Promise<boolean> => {
  const { sqlite, etcd, migrated } = await readDatastore(host)
  return !sqlite && etcd && migrated
}

const isDone = async (host: HostReader, context: Context): Promise<boolean> => {
  const unit = await host.unit(UNIT)
  return (await isWhole(host)) && (await runsOnEtcd(host, context)) && unit.active === 'active' && unit.enabled && !(await isHeldDown(host))
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const against = await againstHost(host, context)
  if (against !== null) return against
  if (await isDone(host, context)) return { is: 'satisfied', said: 'its objects are in etcd, and it runs with these settings' }
  if ((await isCopyBegun(host, copyOf(context))) || (await isWhole(host))) return { is: 'partial', said: 'it was begun' }
  const { sqlite, etcd } = await readDatastore(host)
  if (etcd) return blocked('k3s.to-etcd', sqlite ? `${DATASTORE.wal} and ${DATASTORE.sqlite} are both there, and no copy of Drover` : 'its datastore is etcd, and was never SQLite')
  if (!sqlite) return blocked('k3s.to-etcd', `there is no ${DATASTORE.sqlite}`)
  return (await againstRoom(host)) ?? { is: 'needed', said: 'its objects are in SQLite' }
}

const stop = async (host: HostWriter): Promise<void> => {
  if (!isStopped((await host.unit(UNIT)).active)) await host.unitDo('stop', UNIT)
}

/** True where the disk holds more or less than the SQLite of before, so that only the copy has all of it. */
const isTouched = async (host: HostReader): Promise<boolean> => (await host.stat(DATASTORE.member)) !== null || (await host.stat(DATASTORE.sqlite)) === null

/** Stopped, with a whole copy beside it. */
const prepare = async (host: HostWriter, context: Context): Promise<void> => {
  const copy = copyOf(context)
  const isBack = await isTouched(host)
  if (!isBack) await beginCopy(host, copy)
  context.say('stopping k3s')
  await stop(host)
  context.say(isBack ? 'an earlier attempt was cut short: going back to the copy' : `copying the datastore to ${copy}`)
  await (isBack ? goBackToCopy(host, copy) : endCopy(host, copy))
}

const ReceiptSchema = z.strictObject({ seconds: z.int() })

const apply = async (host: HostWriter, context: Context): Promise<{ seconds: number }> => {
  const began = context.elapsed()
  await holdDown(host, UNIT)
  if (!(await isWhole(host)) && !(await runsOnEtcd(host, context))) await prepare(host, context)
  // The settings by which the next start moves the objects come last.
  if (!(await hasSettings(host, context))) await host.writeFile(AT.dropIn, new TextEncoder().encode(renderConfig(context.params.config)), 0o600)
  await startOnce(host, { role: 'server', order: context.order.id })
  await awaitMigrated(host, context)
  await letGo(host, UNIT, true)
  return { seconds: Math.round((context.elapsed() - began) / 1000) }
}

const MOST_LOOKS = 120

/** A copy that somebody took away leaves nothing to compare with. */
const compared = async (host: HostReader, copy: AbsolutePath): Promise<Compared> =>
  (await isCopied(host, copy)) ? compareObjects(host, await host.objectKeys(copiedDatabase(copy))) : { objects: 0, resources: 0 }

const verify: StepModule<'k3s.to-etcd'>['verify'] = async (host, context, receipt) => {
  let reason = await notUp(host, { role: 'server', datastore: 'etcd' })
  for (let looks = 0; reason !== null; looks += 1) {
    if (looks >= MOST_LOOKS || context.signal.aborted) throw new DroverError('k3s.to-etcd', `it does not come up on etcd: ${reason}`)
    context.say(reason)
    await host.pause(500)
    reason = await notUp(host, { role: 'server', datastore: 'etcd' })
  }
  if (!(await isWhole(host))) throw new DroverError('k3s.to-etcd', `${DATASTORE.migrated} is not there: k3s has not moved all objects`)
  context.say('comparing the numbers of objects')
  const copy = copyOf(context)
  return { ...ReceiptSchema.parse(receipt ?? { seconds: 0 }), ...(await compared(host, copy)), copy }
}

const NotesSchema = z.strictObject({ active: z.boolean(), enabled: z.boolean(), started: z.string().nullable(), settings: AsideSchema })
type Notes = z.infer<typeof NotesSchema>

const MOST_UNDO_LOOKS = 90

const startAgain = async (host: HostWriter, context: Context): Promise<void> => {
  context.say('starting k3s again on SQLite')
  await host.unitDo('start', UNIT)
  let reason: string | null = 'it was not asked yet'
  for (let looks = 0; looks < MOST_UNDO_LOOKS && reason !== null; looks += 1) {
    await host.pause(1000)
    reason = await notUp(host, { role: 'server', datastore: 'sqlite' })
  }
  if (reason !== null) throw new DroverError('k3s.to-etcd', `k3s does not come up again on SQLite: ${reason}; the copy from before is ${copyOf(context)}`)
}

/** SQLite as it was, with the settings and the mark of before; where k3s was never stopped it goes on as if nothing had been. */
const goBack = async (host: HostWriter, context: Context, was: Notes): Promise<void> => {
  if ((await isTouched(host)) || (await hasSettings(host, context))) {
    await stop(host)
    if (await isTouched(host)) await goBackToCopy(host, copyOf(context))
    else await host.removeTree(DATASTORE.etcd)
    await putBack(host, was.settings)
    if (was.started === null) await host.remove(AT.started)
    else await host.writeFile(AT.started, new TextEncoder().encode(was.started), 0o644)
  }
  await letGo(host, UNIT, was.enabled)
  if (was.active && !isRunning(await host.unit(UNIT))) await startAgain(host, context)
  await dropCopy(host, copyOf(context))
}

/** Moves a server from SQLite to etcd: k3s starts on etcd only once a whole copy lies beside it, and goes back to that where it does not come up. */
export const k3sToEtcd: StepModule<'k3s.to-etcd'> = {
  kind: 'k3s.to-etcd',
  check,
  note: async (host, context) => {
    const unit = await host.unit(UNIT)
    const settings = await setAside(host, asideFolder(context.order), [AT.dropIn])
    return { active: isRunning(unit), enabled: unit.enabled, started: await readText(host, AT.started), settings }
  },
  apply,
  verify,
  undo: (host, context, notes) => goBack(host, context, NotesSchema.parse(notes)),
}
