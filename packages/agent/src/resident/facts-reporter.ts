import type { ForAgent, HostFactsMessage, NodesMessage } from '@drover/protocol'
import type { HostReading } from '../facts/read-facts.ts'
import { createTellNodes, type TellNodes } from './nodes-sender.ts'
import { within } from './within.ts'

/** Times in ms: between two readings at rest, the longest that nothing is sent although nothing changed, and the longest that one reading may take. */
export const FACTS_TIMES = { restMs: 15_000, silentMs: 30_000, readMs: 20_000 } as const

/** What reporting facts needs; `send` resolves when written and rejects where there is no session. */
export type FactsReporterOptions = {
  /** Reads the host; `isAnew`: all of it, although somebody may have read it a moment ago. */
  readonly read: (isAnew: boolean) => Promise<HostReading>
  readonly send: (message: HostFactsMessage) => Promise<void>
  /** Sends one part of what a server sees of the nodes, before the facts that name them. */
  readonly sendNodes: (message: NodesMessage) => Promise<void>
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic: () => number
  readonly onError: (error: unknown) => void
  /** Called when a reading is over, whether or not it was sent. */
  readonly onRead: () => void
  readonly restMs?: number
}

/** Reads and sends this host's facts for as long as it is not stopped. */
export type FactsReporter = {
  /** Reads and sends now, whether or not anything changed: after a step ended and when a session opened. */
  readonly now: () => void
  /** Reads and sends every `everyMs` for the next `forMs`; 0 ends it. */
  readonly observe: (wish: ForAgent<'observe'>) => void
  readonly stop: () => void
}

type State = {
  readonly tellNodes: TellNodes
  everyMs: number
  until: number
  sentAt: number
  sent: string
  owed: boolean
  reading: boolean
  stopped: boolean
  timer: NodeJS.Timeout | undefined
}

/** Starts reporting: on change or every 30 s at rest, at the pace asked for while somebody observes. */
export const startFactsReporter = (options: FactsReporterOptions): FactsReporter => {
  const tellNodes = createTellNodes({ send: options.sendNodes, monotonic: options.monotonic, onError: options.onError })
  const state: State = { tellNodes, everyMs: 0, until: 0, sentAt: Number.NEGATIVE_INFINITY, sent: '', owed: true, reading: false, stopped: false, timer: undefined }
  const turn = (): void => {
    clearTimeout(state.timer)
    if (state.stopped || state.reading) return
    state.reading = true
    void report(options, state).finally(() => {
      state.reading = false
      options.onRead()
      if (!state.stopped) state.timer = setTimeout(turn, waitMs(options, state))
    })
  }
  turn()
  return {
    now: () => {
      state.owed = true
      turn()
    },
    observe: ({ everyMs, forMs }) => {
      state.everyMs = everyMs
      state.until = options.monotonic() + forMs
      turn()
    },
    stop: () => {
      state.stopped = true
      clearTimeout(state.timer)
    },
  }
}

const isObserved = (options: FactsReporterOptions, state: State): boolean => options.monotonic() < state.until

/** What is owed since the last reading began is read at once. */
const waitMs = (options: FactsReporterOptions, state: State): number => {
  if (state.owed) return 0
  return isObserved(options, state) ? state.everyMs : (options.restMs ?? FACTS_TIMES.restMs)
}

const report = async (options: FactsReporterOptions, state: State): Promise<void> => {
  const owed = state.owed
  state.owed = false
  const startedAt = options.monotonic()
  try {
    const { facts, cluster } = await within('reading the facts of this host', FACTS_TIMES.readMs, () => options.read(owed))
    const read = { facts, cluster: cluster === null ? null : await clusterOf(state, cluster, owed) }
    const text = JSON.stringify(read)
    const silent = options.monotonic() - state.sentAt
    if (!owed && text === state.sent && silent < FACTS_TIMES.silentMs && !isObserved(options, state)) return
    await options.send({ ageMs: Math.round(options.monotonic() - startedAt), ...read })
    state.sent = text
    state.sentAt = options.monotonic()
  } catch (error) {
    options.onError(error)
  }
}

/** A changed list of nodes is a reading of another number: the facts that name it have changed too. */
const clusterOf = async (state: State, cluster: NonNullable<HostReading['cluster']>, again: boolean): Promise<HostFactsMessage['cluster']> => ({
  ready: cluster.ready,
  nodes: cluster.nodes === null ? null : await state.tellNodes(cluster.nodes, again),
})
