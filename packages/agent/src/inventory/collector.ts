import type { Inventory, SectionName } from '@drover/protocol'
import type { HostReader } from '../host/host.ts'

/** What a collector works with; it runs in a short-lived child, so it may be slow and large, never endless. */
export type CollectorTools = {
  readonly host: Pick<HostReader, 'read' | 'unit' | 'freeBytes'>
  /** Where k3s keeps its data; it need not exist. */
  readonly data: string
  /** Where Drover keeps its state on the host. */
  readonly state: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** True where a person asked: measurements that are kept for a day are made anew. */
  readonly fresh: boolean
}

/** Reads one section; throws where it cannot, and then the other sections still count. */
export type Collector<S extends SectionName> = (tools: CollectorTools) => Promise<NonNullable<Inventory[S]>>
