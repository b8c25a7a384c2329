import { DroverError, type ErrorCode, type Firing, type Order, type OrderReport, type SignedOrderText } from '@drover/protocol'
import type { Tried } from '../core/schedule/retry.ts'
import { acceptOrder, type AcceptOptions, readOrder } from './accept-order.ts'
import { type Carrier, carryOut, type CarryOptions, waitAfter } from './carry-out.ts'
import { arrival, byArrival, isOpen, keyOf } from './entry-order.ts'
import { takeFiring, triedOf } from './fire.ts'
import { advanceHead } from './journal-head.ts'
import type { AttemptId } from './journal.ts'
import { endReport, type Entry, openOrderBook, type OrderBook } from './order-book.ts'
import { type AttemptQueue, createQueue } from './queue.ts'
import { sweepUndo } from './sweep-undo.ts'

/** What the resident half needs to take orders and have them carried out. */
export type ExecutorOptions = AcceptOptions & CarryOptions

/** Takes orders, runs them one after the other in children, and answers for them until they are acknowledged. */
export type Executor = {
  /** Goes on with what an earlier process left, then with new orders. */
  readonly start: () => void
  readonly submit: (signed: SignedOrderText) => Promise<void>
  /** Takes an order of the host's own schedule: durable in the journal when it resolves. Throws where it could not be written down. */
  readonly fire: (firing: Firing) => Promise<void>
  /** What the journals know of a firing; null where they know nothing. */
  readonly tried: (firing: Firing) => Tried | null
  readonly acknowledge: (order: AttemptId['order'], attempt: number) => void
  /** Reports of ended orders that nobody has acknowledged. */
  readonly pending: () => readonly OrderReport[]
  /** How many orders wait or are carried out; each heartbeat asks, so no journal is read for it. */
  readonly open: () => number
  /** Looks no further; running steps go on without it. */
  readonly stop: () => void
}

const KEEP = 200

type Inner = {
  readonly options: ExecutorOptions
  readonly book: OrderBook
  readonly queue: AttemptQueue
  /** The order that is being taken over, and those that wait for it. */
  taking: Promise<void>
  /** Attempts whose journal is corrupt: shown once, never touched. */
  readonly broken: Set<string>
}

/** Builds the executor over a folder of journals; nothing happens before `start`. */
export const createExecutor = (options: ExecutorOptions): Executor => {
  let stopped = false
  const carrier: Carrier = { options, book: openOrderBook(options.dir, options.hook), isStopped: () => stopped }
  const queue = createQueue({ carryOut: (id) => carryOut(carrier, id), waitAfter: (id, about) => waitAfter(carrier, id, about) })
  const inner: Inner = { options, book: carrier.book, queue, taking: Promise.resolve(), broken: new Set() }
  return {
    start: () => {
      tidy(inner)
      sweepUndo(options.host, inner.book).catch((error: unknown) => options.onTrouble(`what undos kept could not be removed: ${String(error)}`))
      for (const entry of inner.book.all().toSorted(byArrival)) {
        if (entry.corrupt !== null) sayBroken(inner, entry)
        else if (isOpen(entry)) queue.push(entry.id)
      }
    },
    submit: (signed) => inTurn(inner, () => submit(inner, signed)),
    fire: (firing) => inTurn(inner, () => fire(inner, firing)),
    tried: (firing) => triedOf(inner.book, firing),
    acknowledge: (order, attempt) => acknowledge(inner, { order, attempt }),
    pending: () => inner.book.all().flatMap((entry) => (entry.state.at === 'ended' && !entry.state.acknowledged ? [endReport(entry)] : [])).filter((one) => one !== null),
    open: queue.size,
    stop: () => {
      stopped = true
      queue.stop()
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

/** One after the other: a session that ended may still be at it when the next one brings the same order. */
const inTurn = (inner: Inner, take: () => Promise<void>): Promise<void> => {
  const taken = inner.taking.then(take)
  inner.taking = taken.catch(() => undefined)
  return taken
}

const fire = async (inner: Inner, firing: Firing): Promise<void> => {
  const { host, hostId, onReport } = inner.options
  const id = await takeFiring(firing, { host, hostId, book: inner.book, at: () => arrivalNow(inner), onReport })
  if (id !== null) inner.queue.push(id)
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
  if (isOpen(entry)) inner.queue.push(entry.id)
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
    return inner.queue.push(id)
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
