import { type Action, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { transitionOrder } from '../core/run/order.ts'
import { transitionRun } from '../core/run/run.ts'
import type { Db } from '../store/db.ts'
import { insertOrder, type OrderRow } from '../store/orders.ts'
import { type RunRow, writeRun } from '../store/runs.ts'
import { readForecastHash } from './forecast-hash.ts'
import { newOrder, orderText } from './new-order.ts'

const PACE = { everyMs: 1000, forMs: 120_000 }

/** What is sent: actions that were allowed, and the run that they belong to (null: they serve a request alone). */
export type Dispatch = { readonly cluster: string; readonly incarnation: number; readonly run: RunRow | null; readonly actions: readonly Action[]; readonly by: string }

/** Stores signed orders and what the run has spent in one transaction, then sends them to the hosts that are connected. */
export const dispatch = async (context: Context, about: Dispatch): Promise<void> => {
  if (about.actions.length === 0) return
  const forecast = about.run === null ? null : await readForecastHash(context, about.run.forecast)
  const { orders, run } = await context.db.transaction().execute(async (trx: Db) => {
    const made: OrderRow[] = []
    let next = about.run
    for (const action of about.actions) {
      const attempt = (next?.spent[action.key]?.sent ?? 0) + 1
      const cause = { action, cluster: about.cluster, incarnation: about.incarnation, run: about.run?.id ?? null, forecast, attempt, requestedBy: about.by }
      const order = await newOrder(context, trx, cause)
      await insertOrder(trx, order)
      made.push(order)
      if (next !== null) next = { ...next, ...transitionRun(next, { kind: 'sent', key: action.key }) }
    }
    if (next !== null) await writeRun(trx, next)
    return { orders: made, run: next }
  })
  if (run !== null) context.world.runs.set(about.cluster, run)
  for (const order of orders) context.world.orders.set(order.id, order)
  await Promise.all(orders.map((order) => send(context, order)))
}

/** Sends an order where its host is connected; otherwise it goes out when the host is back. */
export const send = async (context: Context, order: OrderRow): Promise<void> => {
  const session = context.hub().session(order.host)
  if (session === undefined || session.state !== 'active') return
  try {
    await session.send('order', orderText(order))
    await session.send('observe', PACE)
  } catch (error) {
    context.log.warn({ host: order.host, order: order.id, error }, 'order not sent: it goes out when the host is back')
    return
  }
  const held = context.world.orders.get(order.id)
  if (held !== undefined) context.world.orders.set(order.id, { ...held, state: transitionOrder(held.state, { kind: 'sent', at: context.now() }) })
  const host = context.world.hosts.get(order.host)?.name ?? order.host
  await context.tell({ at: context.now(), cluster: order.cluster, host, run: order.run, said: say('order.sent', { kind: order.kind, host }) })
}

/** Sends every order of a host that has not ended: the agent answers those it knows with where they stand. */
export const resend = async (context: Context, host: string): Promise<void> => {
  for (const order of context.world.orders.values()) if (order.host === host && order.endedAt === null) await send(context, order)
}
