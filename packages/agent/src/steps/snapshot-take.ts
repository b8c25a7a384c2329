import { type Datastore, DroverError, type Snapshot, unitFileOf } from '@drover/protocol'
import * as z from 'zod'
import { renderMeta } from '../core/snapshots/meta.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readClaim, readInstalled } from '../host/k3s-marks.ts'
import { absolutePath } from '../host/path.ts'
import { metaFile, readSnapshot, snapshotBytes, snapshotFile, snapshotFolder, snapshotNames, tokenPrint } from '../host/read-snapshots.ts'
import { askLoopback } from './ask-loopback.ts'
import type { Check, StepContext, StepModule } from './step.ts'
import { takeEtcd } from './take-etcd.ts'
import { takeSqlite } from './take-sqlite.ts'
import type { Taken, Taker } from './taker.ts'

type Context = StepContext<'snapshot.take'>
type Blocked = Extract<Check, { is: 'blocked' }>

const TAKERS: Readonly<Record<Datastore, Taker>> = { sqlite: takeSqlite, etcd: takeEtcd }
const MIB = 1_048_576
/** What stays free on the disk beside the copy. */
const RESERVE = 64 * MIB

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

const againstHost = async (host: HostReader, { params }: Context): Promise<Blocked | null> => {
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') return blocked('order.claim', `claim.json is ${claim ?? 'missing'}`)
  if (claim.cluster !== params.cluster) return blocked('order.claim', `the host has promised itself to ${claim.cluster}`)
  if (claim.incarnation !== params.incarnation) {
    return blocked('order.claim', `the host is of incarnation ${String(claim.incarnation)}, the order of ${String(params.incarnation)}`)
  }
  if ((await host.stat(absolutePath(unitFileOf('server')))) === null) return blocked('snapshot.none', 'the host is no server')
  const lacking = await TAKERS[params.datastore].lacks(host)
  return lacking === null ? null : blocked('snapshot.none', lacking)
}

/** What a torn one holds is freed first. */
const againstSpace = async (host: HostReader, { params }: Context): Promise<Blocked | null> => {
  const need = (await TAKERS[params.datastore].bytes(host)) + RESERVE
  const free = (await host.freeBytes(AT.snapshots)) + (await snapshotBytes(host, params.name))
  const said = `${String(Math.floor(free / MIB))} MB are free below ${AT.snapshots}, ${String(Math.ceil(need / MIB))} MB are needed: free some, or delete snapshots (drover get snapshots)`
  return free >= need ? null : blocked('step.space', said)
}

const isOurs = (snapshot: Snapshot, { params }: Context, token: string): boolean =>
  snapshot.cluster === params.cluster && snapshot.incarnation === params.incarnation && snapshot.token === token

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const { name } = context.params
  const there = await readSnapshot(host, name)
  if (there !== null) {
    const of = `snapshot ${name} of cluster ${there.cluster}, incarnation ${String(there.incarnation)}, is there`
    return isOurs(there, context, await tokenPrint(host)) ? { is: 'satisfied', said: of } : blocked('snapshot.exists', of)
  }
  const against = (await againstHost(host, context)) ?? (await againstSpace(host, context))
  if (against !== null) return against
  return (await host.stat(snapshotFolder(name))) === null ? { is: 'needed', said: 'it is not taken yet' } : { is: 'partial', said: 'it was begun and is not whole' }
}

/** Folders without a meta.json: a crash or a power cut left them, and they only take space. */
const removeTorn = async (host: HostWriter): Promise<void> => {
  for (const name of await snapshotNames(host)) {
    if ((await host.stat(metaFile(name))) === null) await host.removeTree(snapshotFolder(name))
  }
}

const VersionSchema = z.object({ gitVersion: z.string().max(64) })

const versionIn = (body: string): string | null => {
  try {
    return VersionSchema.parse(JSON.parse(body)).gitVersion
  } catch {
    return null
  }
}

/** The k3s that writes the datastore now: by its API, else what is installed. */
const runningVersion = async (host: HostReader): Promise<string> => {
  const answer = await askLoopback(host, '/version')
  return (answer?.status === 200 ? versionIn(answer.body) : null) ?? (await readInstalled(host))?.version ?? ''
}

const metaOf = async (host: HostReader, { params }: Context, { objects, grade, etcd }: Taken): Promise<Snapshot> => {
  const { name, cluster, incarnation, datastore } = params
  const file = snapshotFile(params)
  return {
    name,
    cluster,
    incarnation,
    datastore,
    at: Date.now(),
    bytes: (await host.stat(file))?.bytes ?? 0,
    sha256: (await host.sha256(file)) ?? '',
    grade,
    objects,
    version: await runningVersion(host),
    token: await tokenPrint(host),
    ...(etcd === undefined ? {} : { etcd }),
  }
}

const apply = async (host: HostWriter, context: Context): Promise<null> => {
  const { name, datastore } = context.params
  await removeTorn(host)
  await host.makeFolder(AT.snapshots, 0o700)
  await host.makeFolder(snapshotFolder(name), 0o700)
  const taken = await TAKERS[datastore].copy(host, snapshotFile(context.params), context.say)
  const meta = await metaOf(host, context, taken)
  await host.writeFile(metaFile(name), new TextEncoder().encode(renderMeta(meta)), 0o600)
  return null
}

const verify: StepModule<'snapshot.take'>['verify'] = async (host, { params }) => {
  const snapshot = await readSnapshot(host, params.name)
  if (snapshot === null) throw new DroverError('snapshot.unknown', `${metaFile(params.name)} cannot be read back`)
  if ((await host.sha256(snapshotFile(params))) === snapshot.sha256) return snapshot
  throw new DroverError('snapshot.damaged', `${snapshotFile(params)} is not the file that was taken`)
}

const NotesSchema = z.strictObject({ folder: z.boolean() })

/** Takes a snapshot of a server's datastore; a folder is one only once its meta.json is there, which is written last. */
export const snapshotTake: StepModule<'snapshot.take'> = {
  kind: 'snapshot.take',
  check,
  note: async (host) => ({ folder: (await host.stat(AT.snapshots)) !== null }),
  apply,
  verify,
  undo: async (host, { params }, notes) => {
    await host.remove(metaFile(params.name))
    await host.removeTree(snapshotFolder(params.name))
    if (!NotesSchema.parse(notes).folder) await host.removeEmpty(AT.snapshots)
  },
}
