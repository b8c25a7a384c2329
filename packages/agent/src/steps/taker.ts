import type { Snapshot } from '@drover/protocol'
import type { HostReader, HostWriter } from '../host/host.ts'
import type { AbsolutePath } from '../host/path.ts'
import type { StepContext } from './step.ts'

/** What is known of a copy beside its file. */
export type Taken = Pick<Snapshot, 'objects' | 'grade' | 'etcd'>

/** How a snapshot of one kind of datastore is taken. */
export type Taker = {
  /** Why the host has nothing to copy, for people; null where it has. */
  readonly lacks: (host: HostReader) => Promise<string | null>
  /** What the copy takes at most, in bytes. */
  readonly bytes: (host: HostReader) => Promise<number>
  /** Makes the copy as a new, durable file, and checks it. */
  readonly copy: (host: HostWriter, to: AbsolutePath, say: StepContext<'snapshot.take'>['say']) => Promise<Taken>
}
