import type { Context } from '../context.ts'
import { transitionOrder } from '../core/run/order.ts'
import type { OrderRow } from '../store/orders.ts'
import type { RunRow } from '../store/runs.ts'

/** Orders of a run that never left the coordinator, each as it is once taken back; `by` is the run that takes them. */
export const queuedOrders = (context: Context, run: RunRow, by: string): OrderRow[] =>
  [...context.world.orders.values()]
    .filter((order) => order.run === run.id && order.state.kind === 'queued')
    .map((order) => ({ ...order, state: transitionOrder(order.state, { kind: 'superseded', at: context.now(), by }), endedAt: context.now() }))
