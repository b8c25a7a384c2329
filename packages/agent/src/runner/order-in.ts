import { DroverError, type TypedOrder, typeOrder } from '@drover/protocol'
import type { VerifyKey } from '@drover/protocol/node'
import type { JournalRecord } from '../core/journal-record.ts'
import { firedOrder } from '../core/schedule/firing-order.ts'
import { readOrder } from './accept-order.ts'
import type { AttemptId } from './journal.ts'

/**
 * The typed order that a journal's first record holds: the coordinator's, whose signature is verified again, or a firing of
 * this host's own schedule. Throws DroverError where it is neither.
 */
export const orderIn = (id: AttemptId, first: JournalRecord | undefined, key: VerifyKey): TypedOrder => {
  if (first?.type === 'FIRED') {
    const fired = firedOrder(id.order, first, id.attempt)
    if (fired === null) throw new DroverError('order.kind', `${first.kind} with these params is nothing that a schedule fires`)
    return fired
  }
  if (first?.type !== 'RECEIVED') throw new DroverError('step.journal', `the journal of ${id.order} does not begin with an order`)
  const order = readOrder(first, key)
  if (order === null) throw new DroverError('order.signature', 'the journaled order does not verify')
  const typed = typeOrder(order)
  if (typed === null) throw new DroverError('order.kind', `${order.kind} with these params is not known here`)
  return typed
}
