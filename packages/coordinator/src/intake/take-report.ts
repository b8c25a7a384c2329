import { type HostId, type OrderReport, render, say, type Said } from '@drover/protocol'
import type { Context } from '../context.ts'
import { isEnded, type OrderState, transitionOrder } from '../core/run/order.ts'
import { transitionRun } from '../core/run/run.ts'
import { closeRequest } from '../loop/requests.ts'
import type { Db } from '../store/db.ts'
import { type OrderRow, readOrder, writeOrderState } from '../store/orders.ts'
import { readRun, type RunRow, writeRun } from '../store/runs.ts'
import { nameOf } from '../show/wait.ts'

/**
 * Takes in how an order stands. Returns only when it is committed: then the agent is told so and forgets it. The same
 * report may come again, and reports of orders that this coordinator does not know (it was set back) are taken and dropped.
 */
export const takeReport = async (context: Context, host: HostId, report: OrderReport): Promise<void> => {
  const order = context.world.orders.get(report.order) ?? (await readOrder(context.db, report.order))
  if (order === null || order.host !== host) {
    context.log.warn({ host, order: report.order }, 'report of an unknown order')
    return
  }
  const state = transitionOrder(order.state, { kind: 'reported', at: context.now(), report })
  if (state === order.state) return
  const next: OrderRow = { ...order, state, endedAt: isEnded(state) ? context.now() : null }
  if (next.endedAt === null) {
    context.world.orders.set(next.id, next)
    return
  }
  await ended(context, next)
}

const ended = async (context: Context, order: OrderRow): Promise<void> => {
  const said = saidOf(context, order)
  const run = order.run === null ? null : await currentRun(context, order)
  const moved = run === null ? null : afterOrder(context, run, order, said)
  await context.db.transaction().execute(async (trx: Db) => {
    await writeOrderState(trx, order)
    if (moved !== null) await writeRun(trx, moved)
  })
  context.world.orders.set(order.id, order)
  if (moved !== null && context.world.runs.get(order.cluster)?.id === moved.id) context.world.runs.set(order.cluster, moved)
  await answerRequest(context, order)
  await context.tell({ at: context.now(), cluster: order.cluster, host: nameOf(context.world, order.host), run: order.run, said })
  context.wake(order.cluster)
}

const currentRun = async (context: Context, order: OrderRow): Promise<RunRow | null> => {
  const held = context.world.runs.get(order.cluster)
  return held !== undefined && held.id === order.run ? held : order.run === null ? null : readRun(context.db, order.run)
}

const afterOrder = (context: Context, run: RunRow, order: OrderRow, said: Said): RunRow => {
  const { state } = order
  if (state.kind === 'superseded') return run
  const event =
    state.kind === 'failed' || state.kind === 'refused'
      ? ({ kind: 'order-failed', key: order.actionKey, code: state.code, said } as const)
      : ({ kind: 'order-done', key: order.actionKey } as const)
  const next = transitionRun(run, event)
  return { ...run, ...next, endedAt: run.endedAt ?? (next.state.kind === 'failed' ? context.now() : null) }
}

/** A request for the kubeconfig is answered by the sealed result of its order, or refused with what the host said. */
const answerRequest = async (context: Context, order: OrderRow): Promise<void> => {
  const request = order.request === null ? undefined : context.world.requests.get(order.request)
  if (request === undefined || request.kind !== 'kubeconfig' || request.state !== 'open') return
  const { state } = order
  if (state.kind === 'done') return closeRequest(context, request, { state: 'done', message: null, answer: sealedIn(state) })
  if (state.kind === 'failed' || state.kind === 'refused') return closeRequest(context, request, { state: 'refused', message: state.message, answer: null })
}

const sealedIn = (state: Extract<OrderState, { kind: 'done' }>): string | null => {
  const { result } = state
  return typeof result === 'object' && result !== null && 'sealed' in result ? String(result['sealed']) : null
}

const saidOf = (context: Context, order: OrderRow): Said => {
  const host = nameOf(context.world, order.host)
  const { state, kind } = order
  if (state.kind === 'done') return say('order.done', { kind, host, seconds: Math.round(state.elapsedMs / 1000) })
  if (state.kind === 'failed') return say('order.failed', { kind, host, message: state.message })
  if (state.kind === 'refused') return say('order.refused', { kind, host, message: state.message })
  context.log.warn({ order: order.id }, render(say('run.superseded')))
  return say('run.superseded')
}
