import { DroverError, type ErrorCode, type Firing, type Order, type OrderReport, type SignedOrderText, STEPS } from '@drover/protocol'
import { acceptOrder, type AcceptOptions, readOrder } from './accept-order.ts'
import { arrival, byArrival, isOpen, keyOf } from './entry-order.ts'
import { takeFiring } from './fire.ts'
import { advanceHead } from './journal-head.ts'
import type { AttemptId } from './journal.ts'
import type { Launcher } from './launch.ts'
import { endReport, type Entry, openOrderBook, type OrderBook, readSaid } from './order-book.ts'
import { orderIn } from './order-in.ts'
import { UNDO_TIME } from './run-step.ts'
import { sweepUndo } from './sweep-undo.ts'

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
  /** Takes an order of the host's own schedule: durable in the journal when it resolves. Throws where it could not be written down. */
  readonly fire: (firing: Firing) => Promise<void>
  readonly acknowledge: (order: AttemptId['order'], attempt: number) => void
  /** Reports of ended orders that nobody has acknowledged. */
  readonly pending: () => readonly OrderReport[]
  /** How many orders wait or are carried out; each heartbeat asks, so no journal is read for it. */
  readonly open: () => number
  /** Looks no further; running steps go on without it. */
  readonly stop: () => void
}

const MOST_LAUNCHES = 5
/** Starts that systemd refused or did not answer to; about eight minutes with the pauses between them. */
const MOST_STARTS = 20
const KEEP = 200
const LOOK = 250
const TRY_AGAIN = { leastMs: 1000, mostMs: 30_000 } as const

type Inner = {
  readonly options: ExecutorOptions
  readonly book: OrderBook
  readonly queue: AttemptId[]
  running: boolean
  stopped: boolean
  /** The attempt that is being carried out. */
  current: string | null
  /** The order that is being taken over, and those that wait for it. */
  taking: Promise<void>
  /** Attempts whose journal is corrupt: shown once, never touched. */
  readonly broken: Set<string>
}

/** Builds the executor over a folder of journals; nothing happens before `start`. */
export const createExecutor = (options: ExecutorOptions): Executor => {
  const inner: Inner = { options, book: openOrderBook(options.dir), queue: [], running: false, stopped: false, current: null, taking: Promise.resolve(), broken: new Set() }
  return {
    start: () => {
      tidy(inner)
      sweepUndo(options.host, inner.book).catch((error: unknown) => options.onTrouble(`what undos kept could not be removed: ${String(error)}`))
      for (const entry of inner.book.all().toSorted(byArrival)) {
        if (entry.corrupt !== null) sayBroken(inner, entry)
        else if (isOpen(entry)) enqueue(inner, entry.id)
      }
    },
    submit: (signed) => inTurn(inner, () => submit(inner, signed)),
    fire: (firing) => inTurn(inner, () => fire(inner, firing)),
    acknowledge: (order, attempt) => acknowledge(inner, { order, attempt }),
    pending: () => inner.book.all().flatMap((entry) => (entry.state.at === 'ended' && !entry.state.acknowledged ? [endReport(entry)] : [])).filter((one) => one !== null),
    open: () => new Set([...inner.queue.map(keyOf), ...(inner.current === null ? [] : [inner.current])]).size,
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
  tidy(inner)
}

/** Old journals that cannot be removed take room and harm nothing else. */
const tidy = (inner: Inner): void => {
  try {
    inner.book.compact(KEEP)
  } catch (error) {
    inner.options.onTrouble(`old journals could not be removed: ${String(error)}`)
  }
}

/** Has an attempt carried out where it neither waits nor runs yet. */
const enqueue = (inner: Inner, id: AttemptId): void => {
  const key = keyOf(id)
  if (inner.current !== key && !inner.queue.some((one) => keyOf(one) === key)) inner.queue.push(id)
  void work(inner)
}

/** One after the other: a session that ended may still be at it when the next one brings the same order. */
const inTurn = (inner: Inner, take: () => Promise<void>): Promise<void> => {
  const taken = inner.taking.then(take)
  inner.taking = taken.catch(() => undefined)
  return taken
}

const fire = async (inner: Inner, firing: Firing): Promise<void> => {
  const { host, hostId, onReport } = inner.options
  const id = await takeFiring(firing, { host, hostId, book: inner.book, at: () => arrivalNow(inner), onReport })
  if (id !== null) enqueue(inner, id)
}

const submit = async (inner: Inner, signed: SignedOrderText): Promise<void> => {
  const { options, book } = inner
  const order = readOrder(signed, options.coordinatorKey())
  if (order === null) return options.onTrouble('an order was refused: its signature does not hold')
  const id = { order: order.id, attempt: order.attempt }
  const known = book.find(id)
  if (known !== null && known.corrupt !== null) return sayAgainBroken(inner, known)
  if (known !== null && known.state.at !== 'empty') return goOn(inner, known)
  try {
    await takeOver(inner, order, signed)
  } catch (error) {
    notTaken(inner, id, error)
  }
}

/** Answers for an order that is in its journal already. */
const goOn = (inner: Inner, entry: Entry): void => {
  inner.options.onReport(endReport(entry) ?? { ...entry.id, state: 'received' })
  if (isOpen(entry)) enqueue(inner, entry.id)
}

/** Refuses an order in one record, or writes down that it was received: between two records a power cut would turn the one into the other. */
const takeOver = async (inner: Inner, order: Order, signed: SignedOrderText): Promise<void> => {
  const { options, book } = inner
  const id = { order: order.id, attempt: order.attempt }
  const accepted = await acceptOrder(order, options)
  if (accepted.ok) {
    await advanceHead(options.host, signed.order)
    book.append(id, [{ type: 'RECEIVED', order: signed.order, signature: signed.signature, at: arrivalNow(inner) }])
    options.onReport({ ...id, state: 'received' })
    return enqueue(inner, id)
  }
  const { code, message } = accepted
  if (code !== 'order.audience') book.append(id, [{ type: 'REFUSED', code, message }])
  options.onReport({ ...id, state: 'refused', code, message: message.slice(0, 2000) })
}

/** Later than every order before, whatever the clock of the host was set to meanwhile: what came first is carried out first. */
const arrivalNow = (inner: Inner): number => Math.max(Date.now(), ...inner.book.all().map((entry) => arrival(entry) + 1))

/** Nothing is begun that could not be written down: the coordinator is told why, and the session goes on. */
const notTaken = (inner: Inner, id: AttemptId, error: unknown): void => {
  const message = error instanceof Error ? error.message : String(error)
  inner.options.onTrouble(`${keyOf(id)} could not be taken over: ${message}`)
  const known = inner.book.find(id)
  if (known !== null && known.corrupt === null && known.state.at !== 'empty') return goOn(inner, known)
  inner.options.onReport({ ...id, state: 'refused', code: codeOf(error, message), message: message.slice(0, 2000) })
}

const codeOf = (error: unknown, message: string): ErrorCode => {
  if (/ENOSPC|EDQUOT/.test(message)) return 'step.space'
  return error instanceof DroverError ? error.code : 'step.journal'
}

const sayAgainBroken = (inner: Inner, entry: Entry): void => {
  inner.broken.delete(keyOf(entry.id))
  sayBroken(inner, entry)
}

/** Carries the queue out, one order at a time; what could not be looked at (systemd did not answer) is looked at again. */
const work = async (inner: Inner): Promise<void> => {
  if (inner.running) return
  inner.running = true
  let failures = 0
  for (let id = inner.queue.shift(); id !== undefined && !inner.stopped; id = inner.queue.shift()) {
    inner.current = keyOf(id)
    const error = await carryOut(inner, id).then(() => null, String)
    failures = error === null ? 0 : failures + 1
    if (error === null) continue
    inner.queue.unshift(id)
    await waitAfter(inner, id, { error, failures })
  }
  inner.current = null
  inner.running = false
}

/** Says on the host and to the coordinator what is in the way, and waits a while, longer from time to time. */
const waitAfter = async (inner: Inner, id: AttemptId, { error, failures }: { readonly error: string; readonly failures: number }): Promise<void> => {
  const { onTrouble, onReport } = inner.options
  onTrouble(`${keyOf(id)}: ${error}; it is tried again`)
  if (failures === 1) onReport({ ...id, state: 'progress', phase: 'checking', detail: `tried again: ${error}`.slice(0, 2000), elapsedMs: 0 })
  await pause(inner, Math.min(TRY_AGAIN.mostMs, TRY_AGAIN.leastMs * 2 ** (failures - 1)))
}

/**
 * Launches an attempt's child until its journal has an end, and reports what it says meanwhile. A child that ended without a
 * result counts as a launch, one that could not be started does not: then nothing was tried on the host.
 */
const carryOut = async (inner: Inner, id: AttemptId): Promise<void> => {
  let [launches, refused, why] = [0, 0, '']
  while (!inner.stopped) {
    const entry = inner.book.find(id)
    if (entry === null || !isOpen(entry)) return reportEnd(inner, id)
    if (launches >= MOST_LAUNCHES) return giveUp(inner, id, `the step ended ${String(MOST_LAUNCHES)} times without a result`)
    if (refused >= MOST_STARTS) return giveUp(inner, id, `the step could not be started: ${why}`)
    const fault = await startWhereGone(inner, entry)
    if (fault === null) {
      await follow(inner, id)
      await pause(inner, launches * 1000)
      launches += 1
    } else {
      ;[refused, why] = [refused + 1, fault]
      await waitAfter(inner, id, { error: fault, failures: refused })
    }
  }
}

/** Starts the child unless it is there; why it could not be started, or null. */
const startWhereGone = async (inner: Inner, entry: Entry): Promise<string | null> => {
  const { launcher } = inner.options
  if (await launcher.isRunning(entry.id)) return null
  return launcher.start(entry.id, limitOf(inner, entry)).then(() => null, faultText)
}

const faultText = (error: unknown): string => {
  const evidence = error instanceof DroverError ? error.evidence : ''
  return [error instanceof Error ? error.message : String(error), evidence].filter((text) => text !== '').join(': ').slice(0, 1000)
}

const stepTime = (inner: Inner, entry: Entry): number => {
  try {
    return STEPS[orderIn(entry.id, entry.records[0], inner.options.coordinatorKey()).kind].timeout
  } catch {
    return 0
  }
}

/** An order that no longer verifies gets a child too: that ends it with the reason. */
const limitOf = (inner: Inner, entry: Entry): number => stepTime(inner, entry) + UNDO_TIME + 30_000

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

const giveUp = (inner: Inner, id: AttemptId, message: string): void => {
  const entry = inner.book.find(id)
  if (entry === null || !isOpen(entry)) return reportEnd(inner, id)
  const begun = entry.records.some((record) => record.type === 'APPLYING')
  const undone = begun ? 'undo-failed' : 'nothing-to-undo'
  inner.book.append(id, [{ type: 'FAILED', code: 'step.indeterminate', message, evidence: '', undone, elapsedMs: 0 }])
  reportEnd(inner, id)
}
