import { DroverError } from '@drover/protocol'
import * as z from 'zod'
import { type ToTidy, toTidy } from '../core/snapshots/to-tidy.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { readClaim } from '../host/k3s-marks.ts'
import { below } from '../host/path.ts'
import { K3S_SERVER, readAsides } from '../host/read-asides.ts'
import { readAllSnapshots, snapshotBytes, snapshotFolder } from '../host/read-snapshots.ts'
import { removeSnapshot } from '../host/remove-snapshot.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'snapshot.tidy'>

const NotesSchema = z.strictObject({ snapshots: z.array(z.string()), folders: z.array(z.string()), bytes: z.int() })
type Notes = z.infer<typeof NotesSchema>

/** What may go on this host now by the rule of the order. */
const found = async (host: HostReader, { params }: Pick<Context, 'params'>, incarnation: number): Promise<ToTidy> => {
  const [snapshots, asides] = await Promise.all([readAllSnapshots(host), readAsides(host, incarnation)])
  return toTidy({ ...params, snapshots, asides, now: Date.now() })
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const { cluster } = context.params
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged' || claim.cluster !== cluster) return { is: 'blocked', code: 'order.claim', said: `the host is not of cluster ${cluster}` }
  const { snapshots, folders } = await found(host, context, claim.incarnation)
  const all = [...snapshots, ...folders]
  return all.length === 0 ? { is: 'satisfied', said: 'nothing is old enough' } : { is: 'needed', said: `old: ${all.join(', ')}` }
}

const bytesOf = async (host: HostReader, { snapshots, folders }: ToTidy, incarnation: number): Promise<number> => {
  const files = await Promise.all(snapshots.map(async (name) => ({ bytes: await snapshotBytes(host, name) })))
  const asides = (await readAsides(host, incarnation)).filter(({ name }) => folders.includes(name))
  return [...files, ...asides].reduce((sum, one) => sum + one.bytes, 0)
}

/** What goes is written down before the first of it does: carried on after a crash, the step removes the same, and tells of all. */
const note = async (host: HostReader, context: Context): Promise<Notes> => {
  const claim = await readClaim(host)
  const incarnation = claim === null || claim === 'damaged' ? 0 : claim.incarnation
  const { snapshots, folders } = await found(host, context, incarnation)
  return { snapshots: [...snapshots], folders: [...folders], bytes: await bytesOf(host, { snapshots, folders }, incarnation) }
}

const apply = async (host: HostWriter, _context: Context, notes: unknown): Promise<Notes> => {
  const going = NotesSchema.parse(notes)
  for (const name of going.snapshots) await removeSnapshot(host, name)
  for (const name of going.folders) await host.removeTree(below(K3S_SERVER, name))
  return going
}

/** Removes what Drover kept by itself, where it is old and newer ones are there; never the last good snapshot. */
export const snapshotTidy: StepModule<'snapshot.tidy'> = {
  kind: 'snapshot.tidy',
  check,
  note,
  apply,
  verify: async (host, _context, receipt) => {
    const gone = NotesSchema.catch({ snapshots: [], folders: [], bytes: 0 }).parse(receipt)
    for (const path of [...gone.snapshots.map((name) => snapshotFolder(name)), ...gone.folders.map((name) => below(K3S_SERVER, name))]) {
      if ((await host.stat(path)) !== null) throw new DroverError('step.tool', `${path} is still there`)
    }
    return gone
  },
  undo: 'irreversible',
}
