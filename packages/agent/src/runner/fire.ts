import { type Datastore, DroverError, type Firing, firingId, type HostId, type OrderReport } from '@drover/protocol'
import { fire, firedOrder } from '../core/schedule/firing-order.ts'
import { MOST_TRIES, type Tried } from '../core/schedule/retry.ts'
import { ETCD_MEMBER } from '../facts/readers/etcd.ts'
import type { HostWriter } from '../host/host.ts'
import { readClaim } from '../host/k3s-marks.ts'
import { readDenial } from './gate.ts'
import type { AttemptId } from './journal.ts'
import type { Entry, OrderBook } from './order-book.ts'

/** What taking a firing over needs; `at` is its time of arrival (ms). */
export type FireOptions = {
  readonly host: HostWriter
  readonly hostId: HostId
  readonly book: OrderBook
  readonly at: () => number
  readonly onReport: (report: OrderReport) => void
}

/** What failed is tried again; what was done or cannot be read is not, nor a snapshot that was forbidden: somebody meant it. */
const MOST_ATTEMPTS: Readonly<Record<Firing['what'], number>> = { sched: MOST_TRIES, prune: 99, tidy: 1 }

const hasFailed = ({ state }: Entry): boolean => state.at === 'ended' && state.end.type === 'FAILED'

/** True where nothing was begun, not even refused. */
const isFree = (known: Entry | null): boolean => known === null || (known.corrupt === null && known.state.at === 'empty')

const freeAttempt = (book: OrderBook, firing: Firing, order: AttemptId['order']): AttemptId | null => {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS[firing.what]; attempt += 1) {
    const known = book.find({ order, attempt })
    if (known === null || isFree(known)) return { order, attempt }
    const isRefused = known.state.at === 'ended' && known.state.end.type === 'REFUSED'
    if (!hasFailed(known) && !(isRefused && firing.what === 'prune')) return null
  }
  return null
}

/** What the journals know of a firing; null where none is there. */
export const triedOf = (book: OrderBook, firing: Firing): Tried | null => {
  const order = firingId(firing)
  let last: Entry | null = null
  for (let attempt = 1; attempt <= MOST_ATTEMPTS[firing.what]; attempt += 1) {
    const known = book.find({ order, attempt })
    if (known === null || isFree(known)) break
    last = known
  }
  return last === null ? null : { attempts: last.id.attempt, failed: hasFailed(last) }
}

/** By what is there: a cluster may have gone over to etcd since its schedules were ordered. */
const datastoreOn = async (host: HostWriter): Promise<Datastore> => ((await host.stat(ETCD_MEMBER)) === null ? 'sqlite' : 'etcd')

/**
 * Writes an order of the host's own schedule into its journal, as the one of the coordinator is, but without a signature:
 * only this process calls it, and what comes over the wire never gets here. Asks policy and VETO as for any order. Gives the
 * attempt to carry out, or null where there is nothing to do: the firing is known, or it was refused.
 */
export const takeFiring = async (firing: Firing, options: FireOptions): Promise<AttemptId | null> => {
  const { host, hostId, book, onReport } = options
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') throw new DroverError('order.claim', `the claim of the host is ${claim ?? 'not there'}`)
  const { id: order, record } = fire(firing, { claim, datastore: await datastoreOn(host), host: hostId, at: options.at() })
  const id = freeAttempt(book, firing, order)
  if (id === null) return null
  const typed = firedOrder(order, record, id.attempt)
  if (typed === null) throw new DroverError('order.kind', `${order} is nothing that a schedule fires`)
  const denial = await readDenial(host, typed)
  if (denial === null) {
    book.append(id, [record])
    return id
  }
  book.append(id, [{ type: 'REFUSED', ...denial }])
  onReport({ ...id, state: 'refused', code: denial.code, message: denial.message.slice(0, 2000) })
  return null
}
