import { type OrderReport, type SignedOrderText, STEPS, typeOrder } from '@drover/protocol'
import { acceptOrder, type AcceptOptions, readOrder } from './accept-order.ts'
import { advanceHead } from './journal-head.ts'
import type { AttemptId } from './journal.ts'
import type { Launcher } from './launch.ts'
import { endReport, type Entry, openOrderBook, type OrderBook, readSaid } from './order-book.ts'
import { UNDO_TIME } from './run-step.ts'

/** What the resident half needs to take orders and have them carried out. */
export type ExecutorOptions = AcceptOptions & {
  /** Folder of the journals. */
  readonly dir: string
  readonly launcher: Launcher
  /** Called for each new state of an order; ended states are also in `pending` until they are acknowledged. */
  readonly onReport: (report: OrderReport) => void
  /** Called with a text for the log, such as an order whose signature does not hold. */
  readonly onTrouble: (text: string) => void
  /** Milliseconds between two looks at a running step. */
  readonly lookEveryMs?: number
}

/** Takes orders, runs them one after the other in children, and answers for them until they are acknowledged. */
export type Executor = {
  /** Goes on with what an earlier process left, then with new orders. */
  readonly start: () => void
  readonly submit: (signed: SignedOrderText) => Promise<void>
  readonly acknowledge: (order: AttemptId['order'], attempt: number) => void
  /** Reports of ended orders that nobody has acknowledged. */
  readonly pending: () => readonly OrderReport[]
  /** How many orders have not ended. */
  readonly open: () => number
  /** Looks no further; running steps go on without it. */
  readonly stop: () => void
}

const MOST_LAUNCHES = 5
const KEEP = 200
const LOOK = 250
const TRY_AGAIN = 1000

type Inner = {
  readonly options: ExecutorOptions
  readonly book: OrderBook
  readonly queue: AttemptId[]
  running: boolean
  stopped: boolean
  /** Attempts whose journal is corrupt: shown once, never touched. */
  readonly broken: Set<string>
}

const keyOf = (id: AttemptId): string => `${id.order}-${String(id.attempt)}`
const byArrival = (a: Entry, b: Entry): number => arrival(a) - arrival(b)
const arrival = ({ records }: Entry): number => (records[0]?.type === 'RECEIVED' ? records[0].at : 0)
const isOpen = (entry: Entry): boolean => entry.corrupt === null && entry.state.at !== 'ended' && entry.state.at !== 'empty'

/** Builds the executor over a folder of journals; nothing happens before `start`. */
export const createExecutor = (options: ExecutorOptions): Executor => {
  const inner: Inner = { options, book: openOrderBook(options.dir), queue: [], running: false, stopped: false, broken: new Set() }
  return {
    start: () => {
      inner.book.compact(KEEP)
      for (const entry of inner.book.all().toSorted(byArrival)) {
        if (entry.corrupt !== null) sayBroken(inner, entry)
        else if (isOpen(entry)) inner.queue.push(entry.id)
      }
      void work(inner)
    },
    submit: (signed) => submit(inner, signed),
    acknowledge: (order, attempt) => acknowledge(inner, { order, attempt }),
    pending: () => inner.book.all().flatMap((entry) => (entry.state.at === 'ended' && !entry.state.acknowledged ? [endReport(entry)] : [])).filter((one) => one !== null),
    open: () => inner.book.all().filter(isOpen).length,
    stop: () => {
      inner.stopped = true
    },
  }
}

const sayBroken = (inner: Inner, entry: Entry): void => {
  if (inner.broken.has(keyOf(entry.id))) return
  inner.broken.add(keyOf(entry.id))
  inner.options.onTrouble(entry.corrupt ?? '')
  inner.options.onReport({
    ...entry.id,
    state: 'failed',
    code: 'step.journal',
    message: (entry.corrupt ?? '').slice(0, 2000),
    evidence: '',
    undone: 'undo-failed',
    elapsedMs: 0,
  })
}

const acknowledge = (inner: Inner, id: AttemptId): void => {
  const entry = inner.book.find(id)
  if (entry?.state.at !== 'ended' || entry.state.acknowledged) return
  inner.book.append(id, [{ type: 'ACKED' }])
}

const submit = async (inner: Inner, signed: SignedOrderText): Promise<void> => {
  const { options, book } = inner
  const order = readOrder(signed, options.coordinatorKey())
  if (order === null) return options.onTrouble('an order was refused: its signature does not hold')
  const id = { order: order.id, attempt: order.attempt }
  const known = book.find(id)
  if (known !== null && (known.corrupt !== null || known.state.at !== 'empty')) {
    return known.corrupt !== null ? sayAgainBroken(inner, known) : options.onReport(endReport(known) ?? { ...id, state: 'received' })
  }
  const accepted = await acceptOrder(order, options)
  if (!accepted.ok && accepted.code === 'order.audience') {
    return options.onReport({ ...id, state: 'refused', code: accepted.code, message: accepted.message })
  }
  const received = { type: 'RECEIVED', order: signed.order, signature: signed.signature, at: Date.now() } as const
  if (!accepted.ok) {
    book.append(id, [received, { type: 'REFUSED', code: accepted.code, message: accepted.message }])
    return options.onReport({ ...id, state: 'refused', code: accepted.code, message: accepted.message.slice(0, 2000) })
  }
  await advanceHead(options.host, signed.order)
  book.append(id, [received])
  options.onReport({ ...id, state: 'received' })
  inner.queue.push(id)
  void work(inner)
}

const sayAgainBroken = (inner: Inner, entry: Entry): void => {
  inner.broken.delete(keyOf(entry.id))
  sayBroken(inner, entry)
}

/** Carries the queue out, one order at a time; what could not be looked at (systemd did not answer) is looked at again. */
const work = async (inner: Inner): Promise<void> => {
  if (inner.running) return
  inner.running = true
  try {
    for (let id = inner.queue.shift(); id !== undefined && !inner.stopped; id = inner.queue.shift()) {
      await carryOut(inner, id).catch(async (error: unknown) => {
        inner.options.onTrouble(`${keyOf(id)}: ${String(error)}; it is tried again`)
        inner.queue.unshift(id)
        await pause(inner, TRY_AGAIN)
      })
    }
  } finally {
    inner.running = false
  }
}

/** Launches an attempt's child until its journal has an end, and reports what it says meanwhile. */
const carryOut = async (inner: Inner, id: AttemptId): Promise<void> => {
  const { launcher } = inner.options
  for (let launches = 0; launches < MOST_LAUNCHES && !inner.stopped; launches += 1) {
    const entry = inner.book.find(id)
    if (entry === null || !isOpen(entry)) return reportEnd(inner, id)
    if (!(await launcher.isRunning(id))) await launcher.start(id, limitOf(inner, entry)).catch((error: unknown) => inner.options.onTrouble(String(error)))
    await follow(inner, id)
    await pause(inner, launches * 1000)
  }
  if (!inner.stopped) giveUp(inner, id)
}

/** An order that no longer verifies gets a child too: that ends it with the reason. */
const limitOf = (inner: Inner, entry: Entry): number => {
  const [received] = entry.records
  const order = received?.type === 'RECEIVED' ? readOrder(received, inner.options.coordinatorKey()) : null
  const typed = order === null ? null : typeOrder(order)
  return (typed === null ? 0 : STEPS[typed.kind].timeout) + UNDO_TIME + 30_000
}

const pause = (inner: Inner, ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(ms, inner.options.lookEveryMs === undefined ? ms : inner.options.lookEveryMs)))

/** Looks at a running child until it is gone; reports each new thing that it says. */
const follow = async (inner: Inner, id: AttemptId): Promise<void> => {
  const { launcher, onReport, dir } = inner.options
  let said = ''
  while (!inner.stopped) {
    const report = readSaid(dir, id)
    const text = report === null ? '' : JSON.stringify({ ...report, elapsedMs: 0 })
    if (report !== null && text !== said) onReport(report)
    said = text
    if (!(await launcher.isRunning(id))) return
    if (inner.book.find(id)?.state.at === 'ended') return
    await pause(inner, inner.options.lookEveryMs ?? LOOK)
  }
}

const reportEnd = (inner: Inner, id: AttemptId): void => {
  const entry = inner.book.find(id)
  const report = entry === null ? null : endReport(entry)
  if (report !== null) inner.options.onReport(report)
}

const giveUp = (inner: Inner, id: AttemptId): void => {
  const entry = inner.book.find(id)
  if (entry === null || !isOpen(entry)) return reportEnd(inner, id)
  const begun = entry.records.some((record) => record.type === 'APPLYING')
  const message = `the step ended ${String(MOST_LAUNCHES)} times without a result`
  const undone = begun ? 'undo-failed' : 'nothing-to-undo'
  inner.book.append(id, [{ type: 'FAILED', code: 'step.indeterminate', message, evidence: '', undone, elapsedMs: 0 }])
  reportEnd(inner, id)
}
