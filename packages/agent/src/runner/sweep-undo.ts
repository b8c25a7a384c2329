import { DROVER } from '@drover/protocol'
import type { HostWriter } from '../host/host.ts'
import { absolutePath, below } from '../host/path.ts'
import type { Entry, OrderBook } from './order-book.ts'
import { attemptOf } from './journal.ts'

const FOLDER = absolutePath(`${DROVER.state}/undo`)

/** A person may want the copies of an undo that failed. */
const isOver = (entry: Entry | null): boolean => entry?.state.at === 'ended' && !(entry.state.end.type === 'FAILED' && entry.state.end.undone === 'undo-failed')

/** Removes what ended attempts had set aside (token files among it), where the child was killed between its end and that. */
export const sweepUndo = async (host: Pick<HostWriter, 'list' | 'removeTree'>, book: Pick<OrderBook, 'find'>): Promise<void> => {
  for (const name of (await host.list(FOLDER)) ?? []) {
    const id = attemptOf(`${name}.jnl`)
    if (id !== null && isOver(book.find(id))) await host.removeTree(below(FOLDER, name))
  }
}
