import type { ForAgent, HelloFacts, OrderReport } from '@drover/protocol'

/** What the resident process needs of the executor; orders outlive sessions and the process itself. */
export type Orders = {
  /** Takes a signed order over: durable in the journal (or refused for good) when it resolves. */
  readonly submit: (signed: ForAgent<'order'>) => Promise<void>
  /** The coordinator has stored how this order ended. */
  readonly acknowledge: (report: OrderReport) => Promise<void>
  /** Ends that were not acknowledged yet. */
  readonly pending: () => readonly OrderReport[]
  /** How many orders have not ended. */
  readonly open: () => number
  /** Takes up what an earlier process or boot left. */
  readonly start: () => Promise<void>
  /** Looks no further; steps that run go on without it. */
  readonly stop: () => void
  readonly journalHead: () => Promise<HelloFacts['journalHead']>
  readonly maxEpochSeen: () => Promise<number>
}
