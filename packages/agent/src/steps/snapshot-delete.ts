import { DroverError } from '@drover/protocol'
import { isLastGood } from '../core/snapshots/meta.ts'
import type { HostReader, HostWriter } from '../host/host.ts'
import { readSnapshot, readSnapshots, snapshotFolder } from '../host/read-snapshots.ts'
import { removeSnapshot } from '../host/remove-snapshot.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'snapshot.delete'>

const check = async (host: HostReader, { params }: Context): Promise<Check> => {
  const { name, cluster } = params
  if ((await host.stat(snapshotFolder(name))) === null) return { is: 'satisfied', said: 'it is not there' }
  const snapshot = await readSnapshot(host, name)
  if (snapshot === null) return { is: 'partial', said: 'it is not whole' }
  if (snapshot.cluster !== cluster) return { is: 'blocked', code: 'snapshot.cluster', said: `snapshot ${name} is of cluster ${snapshot.cluster}` }
  if (isLastGood(await readSnapshots(host), name)) return { is: 'blocked', code: 'snapshot.last', said: `${name} is the last good snapshot of ${cluster}` }
  return { is: 'needed', said: 'it is there' }
}

const apply = async (host: HostWriter, { params }: Context): Promise<{ bytes: number }> => ({ bytes: await removeSnapshot(host, params.name) })

/** Deletes one snapshot, never the last good one of its cluster. */
export const snapshotDelete: StepModule<'snapshot.delete'> = {
  kind: 'snapshot.delete',
  check,
  note: () => Promise.resolve(null),
  apply,
  verify: async (host, { params }, receipt) => {
    if ((await host.stat(snapshotFolder(params.name))) !== null) throw new DroverError('step.tool', `${snapshotFolder(params.name)} is still there`)
    return { bytes: (receipt as { bytes?: number } | null)?.bytes ?? 0 }
  },
  undo: 'irreversible',
}
