import { readFileSync } from 'node:fs'
import process from 'node:process'
import { askUploaded, createFileReader, type HostWriter, moduleOf, type StepContext, uploadFrom } from '@drover/agent'
import { type Snapshot, STEPS, type StepKind } from '@drover/protocol'
import { memoryOf } from '../process-figures.ts'

/** What the parent gives: where the snapshot is, where it goes and what lets it in. */
export type CopyJob = { readonly root: string; readonly url: string; readonly pin: string; readonly key: string; readonly ticket: string; readonly snapshot: Snapshot }
/** What it gets back: memory before the step, and what was sent. */
export type CopyDone = { readonly before: number; readonly sent: number }

const { root, url, pin, key, ticket, snapshot } = JSON.parse(readFileSync(0, 'utf8')) as CopyJob
const signal = new AbortController().signal
const host = {
  ...createFileReader(root),
  uploaded: (target) => askUploaded(target, signal),
  upload: (wanted) => uploadFrom(root, wanted, signal),
} as Partial<HostWriter> as HostWriter
const context = { params: { snapshot }, secrets: { 'snapshot-key': key, ticket }, settings: { releaseBase: '', coordinators: [url], pin }, say: () => undefined, signal, elapsed: () => 0 } as unknown as StepContext<StepKind>
const step = moduleOf(STEPS['snapshot.copy'].kind)
// One look over the network, as every step begins with: what TLS needs is there before the copy is counted.
await step.check(host, context)
const before = memoryOf(process.pid).anonymous
process.stdout.write('begun\n')
const { bytes: sent } = (await step.apply(host, context, null)) as { bytes: number }
process.stdout.write(JSON.stringify({ before, sent } satisfies CopyDone))
