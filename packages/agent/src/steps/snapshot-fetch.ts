import { DroverError } from '@drover/protocol'
import * as z from 'zod'
import { renderMeta } from '../core/snapshots/meta.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { AT, readClaim } from '../host/k3s-marks.ts'
import { metaFile, readSnapshot, snapshotFile, snapshotFolder, tokenPrint } from '../host/read-snapshots.ts'
import { atCoordinator } from './at-coordinator.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'snapshot.fetch'>
type Blocked = Extract<Check, { is: 'blocked' }>

const MIB = 1_048_576
const RESERVE = 64 * MIB

const blocked = (code: Blocked['code'], said: string): Blocked => ({ is: 'blocked', code, said })

const isThere = async (host: HostReader, { params: { snapshot } }: Context): Promise<boolean> =>
  (await readSnapshot(host, snapshot.name))?.sha256 === snapshot.sha256 && (await host.sha256(snapshotFile(snapshot))) === snapshot.sha256

/** What forbids the host to take it: it could not be restored here. */
const against = async (host: HostReader, { params: { snapshot } }: Context): Promise<Blocked | null> => {
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') return blocked('order.claim', `claim.json is ${claim ?? 'missing'}`)
  if (claim.cluster !== snapshot.cluster) return blocked('order.claim', `the host has promised itself to ${claim.cluster}`)
  if ((await tokenPrint(host)) !== snapshot.token) return blocked('snapshot.token', `token ${snapshot.token} opens snapshot ${snapshot.name}: the host has another one`)
  const [free, need] = [await host.freeBytes(AT.snapshots), snapshot.bytes + RESERVE]
  return free >= need ? null : blocked('step.space', `${String(Math.floor(free / MIB))} MB are free below ${AT.snapshots}, ${String(Math.ceil(need / MIB))} MB are needed`)
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const { name, sha256 } = context.params.snapshot
  if (await isThere(host, context)) return { is: 'satisfied', said: 'it is there' }
  const other = await readSnapshot(host, name)
  if (other !== null && other.sha256 !== sha256) return blocked('snapshot.exists', `another snapshot ${name} is on the host`)
  const fault = await against(host, context)
  if (fault !== null) return fault
  return (await host.stat(snapshotFolder(name))) === null ? { is: 'needed', said: 'it is not there' } : { is: 'partial', said: 'it is there, and not whole' }
}

/** What says that it is whole is written last, once the bytes are those of the snapshot. */
const apply = async (host: HostWriter, context: Context): Promise<null> => {
  const { params: { snapshot }, settings, secrets, say } = context
  const file = snapshotFile(snapshot)
  await host.remove(metaFile(snapshot.name))
  await host.makeFolder(AT.snapshots, 0o700)
  await host.makeFolder(snapshotFolder(snapshot.name), 0o700)
  say('fetching the copy')
  const got = await atCoordinator({ snapshot, settings, ticket: secrets['ticket'] }, 'binary.origin', ({ url, pin, authorization }) =>
    host.download({ url: `${url}/file`, to: file, maxBytes: snapshot.bytes, pin, authorization, onBytes: () => undefined }),
  )
  if (got.sha256 !== snapshot.sha256) throw new DroverError('copy.damaged', `what came is not snapshot ${snapshot.name}`, { evidence: `wanted ${snapshot.sha256}\ngot    ${got.sha256}` })
  await host.writeFile(metaFile(snapshot.name), new TextEncoder().encode(renderMeta(snapshot)), 0o600)
  return null
}

const NotesSchema = z.strictObject({ root: z.boolean() })

/** Fetches a snapshot from its copy; a folder is one only once its meta.json is there. */
export const snapshotFetch: StepModule<'snapshot.fetch'> = {
  kind: 'snapshot.fetch',
  check,
  note: async (host) => ({ root: (await host.stat(AT.snapshots)) !== null }),
  apply,
  verify: async (host, context) => {
    if (await isThere(host, context)) return { bytes: context.params.snapshot.bytes }
    throw new DroverError('snapshot.damaged', `${snapshotFile(context.params.snapshot)} is not the snapshot that was fetched`)
  },
  // A folder that was there and not whole held nothing that anybody could use.
  undo: async (host, { params }, notes) => {
    const { root } = NotesSchema.parse(notes)
    await host.remove(metaFile(params.snapshot.name))
    await host.removeTree(snapshotFolder(params.snapshot.name))
    if (!root) await host.removeEmpty(AT.snapshots)
  },
}
