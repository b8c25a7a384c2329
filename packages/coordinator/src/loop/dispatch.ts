import { type Action, type ForAgent, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { isBegun, transitionOrder } from '../core/run/order.ts'
import { transitionRun } from '../core/run/run.ts'
import type { HubSession } from '../hub/index.ts'
import { insertOrder, type OrderRow, writeOrderState } from '../store/orders.ts'
import { type RunRow, writeRun } from '../store/runs.ts'
import { nameOf } from '../show/wait.ts'
import { isCloned } from '../world/world.ts'
import { transact } from '../store/transact.ts'
import { readForecastHash } from './forecast-hash.ts'
import { newOrder, orderText } from './new-order.ts'
import { takenBack } from './queued-orders.ts'

/** While an order is carried out its host says how it is so often; four times a second while etcd's members change, since the next change waits for that. */
const paceOf = ({ class: of }: OrderRow): ForAgent<'observe'> => ({ everyMs: of === 'membership' ? 250 : 1000, forMs: 120_000 })

/** What is sent: actions that were allowed, and the run that they belong to (null: they serve a request alone). */
export type Dispatch = { readonly cluster: string; readonly incarnation: number; readonly run: RunRow | null; readonly actions: readonly Action[]; readonly by: string }

/** Stores signed orders and what the run has spent in one transaction, then sends them to the hosts that are connected. */
export const dispatch = async (context: Context, about: Dispatch): Promise<void> => {
  if (about.actions.length === 0) return
  const forecast = about.run === null ? null : await readForecastHash(context, about.run.forecast)
  const { orders, run } = await transact(context.db, async (trx) => {
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
  for (const order of orders) await send(context, order)
}

/**
 * Gives an order to its host where that is connected; otherwise it goes out when the host is back. That it is given away is
 * stored first: an order that is still queued has never left, so that it can be taken back. While two machines hold the
 * host's key neither gets anything, not even what one of them has had before.
 */
export const send = async (context: Context, order: OrderRow): Promise<void> => {
  const session = context.hub().session(order.host)
  const host = context.world.hosts.get(order.host)
  if (session === undefined || session.state !== 'active' || host === undefined || isCloned(host)) return
  // A session that has just opened may be a copy's: it is looked at in a turn of its own, and gets its orders there.
  if (context.world.live.get(order.host)?.boot !== bootOf(session)) return
  const sent: OrderRow = { ...order, state: transitionOrder(order.state, { kind: 'sent', at: context.now() }) }
  if (order.state.kind === 'queued') await noteSent(context, sent)
  context.world.orders.set(order.id, sent)
  const written = session.send('order', orderText(order))
  Promise.all([written, session.send('observe', paceOf(order))]).catch((error: unknown) => {
    context.log.warn({ host: order.host, order: order.id, error }, 'order not sent: it goes out when the host is back')
  })
}

/** What tells one boot from another: the kernel's id alone does not tell two containers of one machine apart. */
export const bootOf = ({ hello }: HubSession): string => `${hello.bootId} ${String(hello.bootCount)}`

const noteSent = async (context: Context, order: OrderRow): Promise<void> => {
  await writeOrderState(context.db, order)
  const host = nameOf(context.world, order.host)
  await context.tell({ at: context.now(), cluster: order.cluster, host, run: order.run, said: say('order.sent', { kind: order.kind, host }) })
}

/** A newer change of etcd's members that is under way, where the host was given up before it began with this one. */
const overtakenBy = ({ world }: Context, order: OrderRow): OrderRow | undefined =>
  order.class !== 'membership' || isBegun(order.state)
    ? undefined
    : [...world.orders.values()].find((other) => other.class === 'membership' && other.cluster === order.cluster && other.change !== order.change && other.endedAt === null && other.createdAt > order.createdAt)

const takeBack = async (context: Context, order: OrderRow, by: string): Promise<void> => {
  const now = context.now()
  const taken = takenBack(order, by, now)
  await writeOrderState(context.db, taken)
  context.world.orders.set(taken.id, taken)
  const host = nameOf(context.world, order.host)
  await context.tell({ at: now, cluster: order.cluster, host, run: order.run, said: say('order.overtaken', { kind: order.kind, host }) })
}

/**
 * Sends every order of a host that has not ended: the agent answers those it knows with where they stand. A change of
 * members that another one has overtaken meanwhile is taken back instead, and planned anew in its turn.
 */
export const resend = async (context: Context, host: string): Promise<void> => {
  const open = [...context.world.orders.values()].filter((order) => order.host === host && order.endedAt === null)
  for (const order of open.toSorted((a, b) => a.createdAt - b.createdAt)) {
    const newer = overtakenBy(context, order)
    if (newer === undefined) await send(context, order)
    else await takeBack(context, order, newer.id)
  }
}
