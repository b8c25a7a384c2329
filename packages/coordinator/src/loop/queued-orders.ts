import type { Context } from '../context.ts'
import { transitionOrder } from '../core/run/order.ts'
import type { OrderRow } from '../store/orders.ts'
import type { RunRow } from '../store/runs.ts'

/** An order that its host has not begun, as it is once it is taken back at a moment (ms); `by`: what takes its place. */
export const takenBack = (order: OrderRow, by: string, now: number): OrderRow => ({ ...order, state: transitionOrder(order.state, { kind: 'superseded', at: now, by }), endedAt: now })

/** Orders of a run that never left the coordinator, each as it is once taken back; `by` is the run that takes them. */
export const queuedOrders = (context: Context, run: RunRow, by: string): OrderRow[] =>
  [...context.world.orders.values()]
    .filter((order) => order.run === run.id && order.state.kind === 'queued')
    .map((order) => takenBack(order, by, context.now()))
