import { canonicalJson, DroverError, type Json } from '@drover/protocol'
import { copySealer, type CopySealer, fromText } from '@drover/protocol/node'
import type { HostReader, HostWriter, UploadTarget } from '../host/host.ts'
import { metaFile, readSnapshot, snapshotFile } from '../host/read-snapshots.ts'
import { atCoordinator } from './at-coordinator.ts'
import type { Check, StepContext, StepModule } from './step.ts'

type Context = StepContext<'snapshot.copy'>

const MIB = 1_048_576

const ask = <T>({ params: { snapshot }, secrets, settings }: Context, about: (target: UploadTarget) => Promise<T>): Promise<T> =>
  atCoordinator({ snapshot, settings, ticket: secrets['ticket'] }, 'copy.unreached', about)

const sealerOf = ({ params, secrets }: Context): CopySealer => {
  const key = fromText(secrets['snapshot-key'] ?? '')
  if (key?.length !== 32) throw new DroverError('step.secret', 'the order holds no key of 32 bytes to seal the copy with')
  return copySealer(params.snapshot, key)
}

const check = async (host: HostReader, context: Context): Promise<Check> => {
  const { snapshot } = context.params
  const there = await readSnapshot(host, snapshot.name)
  if (there === null) return { is: 'blocked', code: 'snapshot.unknown', said: `${metaFile(snapshot.name)} is not there` }
  if (canonicalJson(there as Json) !== canonicalJson(snapshot as Json)) return { is: 'blocked', code: 'snapshot.exists', said: `snapshot ${snapshot.name} on the host is another one` }
  const { bytes, total, whole } = await ask(context, (target) => host.uploaded(target))
  if (whole) return { is: 'satisfied', said: 'the coordinator has it' }
  return bytes === 0 ? { is: 'needed', said: 'the coordinator has nothing of it' } : { is: 'partial', said: `the coordinator has ${String(bytes)} of ${String(total)} bytes` }
}

/**
 * The file is read once before anything leaves: one that has rotted is not sent, and would be sealed under numbers that its
 * good bytes have been sealed under.
 */
const requireGood = async (host: HostReader, { params, say }: Context): Promise<void> => {
  say('reading the snapshot')
  const file = snapshotFile(params.snapshot)
  if ((await host.sha256(file)) !== params.snapshot.sha256) throw new DroverError('snapshot.damaged', `${file} is not the file that was taken: it is not copied`)
}

const apply = async (host: HostWriter, context: Context): Promise<{ bytes: number }> => {
  await requireGood(host, context)
  const sealer = sealerOf(context)
  let told = 0
  const onBytes = (bytes: number, total: number): void => {
    if (bytes - told < 8 * MIB && bytes < total) return
    told = bytes
    context.say(`${String(Math.floor(bytes / MIB))} of ${String(Math.ceil(total / MIB))} MiB`)
  }
  const { sent } = await ask(context, (target) => host.upload({ ...target, from: snapshotFile(context.params.snapshot), sealer, onBytes }))
  return { bytes: sent }
}

const verify: StepModule<'snapshot.copy'>['verify'] = async (host, context, receipt) => {
  const { whole } = await ask(context, (target) => host.uploaded(target))
  if (!whole) throw new DroverError('copy.range', 'the coordinator does not have all of it')
  return { bytes: (receipt as { bytes?: number } | null)?.bytes ?? 0 }
}

/** Copies a snapshot to the coordinator, sealed; the host stays as it is. */
export const snapshotCopy: StepModule<'snapshot.copy'> = {
  kind: 'snapshot.copy',
  check,
  note: () => Promise.resolve(null),
  apply,
  verify,
  undo: 'nothing-to-undo',
}
