import { type HostId, type OrderReport, readFiringId, render, say, type Said } from '@drover/protocol'
import type { Context } from '../context.ts'
import { needsApproval } from '../core/planner/requests.ts'
import { isEnded, transitionOrder } from '../core/run/order.ts'
import { transitionRun } from '../core/run/run.ts'
import { type ClosedRequest, closed } from '../loop/requests.ts'
import { textIn } from '../loop/text-in.ts'
import { type OrderRow, readOrder, writeOrderState } from '../store/orders.ts'
import { endRequest, writeRequestParams } from '../store/requests.ts'
import { readRun, type RunRow, writeRun } from '../store/runs.ts'
import { transact } from '../store/transact.ts'
import { nameOf } from '../show/wait.ts'
import { retryElsewhere } from './retry-elsewhere.ts'
import { takeFiring } from './take-firing.ts'

/**
 * Takes in how an order stands. Returns only when it is committed: then the agent is told so and forgets it. The same
 * report may come again, and reports of orders that this coordinator does not know (it was set back) are taken and dropped.
 */
export const takeReport = (context: Context, host: HostId, report: OrderReport): Promise<void> =>
  context.turn(async () => {
    if (readFiringId(report.order) !== null) return takeFiring(context, host, report)
    const order = context.world.orders.get(report.order) ?? (await readOrder(context.db, report.order))
    if (order === null || order.host !== host) {
      context.log.warn({ host, order: report.order }, 'report of an unknown order')
      return
    }
    const state = transitionOrder(order.state, { kind: 'reported', at: context.now(), report })
    if (state === order.state) return
    if (isEnded(state)) await ended(context, { ...order, state, endedAt: context.now() })
    else context.world.orders.set(order.id, { ...order, state })
  })

/** The end of an order, what it means for its run and the answer to its request are one commit. */
const ended = async (context: Context, order: OrderRow): Promise<void> => {
  const said = saidOf(context, order)
  const run = await currentRun(context, order)
  const moved = run === null ? null : afterOrder(run, { order, said, now: context.now() })
  const again = retryElsewhere(context.world, order)
  const answered = again === null ? answerOf(context, order) : null
  await transact(context.db, async (trx) => {
    await writeOrderState(trx, order)
    if (moved !== null) await writeRun(trx, moved)
    if (again !== null) await writeRequestParams(trx, again)
    if (answered !== null) await endRequest(trx, answered)
  })
  context.world.orders.set(order.id, order)
  if (moved !== null && context.world.runs.get(order.cluster)?.id === moved.id) context.world.runs.set(order.cluster, moved)
  if (again !== null) context.world.requests.set(again.id, again)
  if (answered !== null) context.world.requests.delete(answered.id)
  await context.tell({ at: context.now(), cluster: order.cluster, host: nameOf(context.world, order.host), run: order.run, said })
  context.wake(order.cluster)
}

const currentRun = async (context: Context, order: OrderRow): Promise<RunRow | null> => {
  if (order.run === null) return null
  const held = context.world.runs.get(order.cluster)
  return held?.id === order.run ? held : readRun(context.db, order.run)
}

const afterOrder = (run: RunRow, about: { readonly order: OrderRow; readonly said: Said; readonly now: number }): RunRow => {
  const { order, said, now } = about
  const { state } = order
  if (state.kind === 'superseded') return run
  const event =
    state.kind === 'failed' || state.kind === 'refused'
      ? ({ kind: 'order-failed', key: order.actionKey, code: state.code, said } as const)
      : ({ kind: 'order-done', key: order.actionKey } as const)
  const next = transitionRun(run, event)
  return { ...run, ...next, endedAt: run.endedAt ?? (next.state.kind === 'failed' ? now : null) }
}

/** A request for the kubeconfig is answered by the sealed result of its order, one for a snapshot by its end; or refused with what the host said. */
const answerOf = (context: Context, order: OrderRow): ClosedRequest | null => {
  const request = order.request === null ? undefined : context.world.requests.get(order.request)
  if (request === undefined || needsApproval(request) || request.state !== 'open') return null
  const { state } = order
  if (state.kind === 'done') return closed(request, { state: 'done', message: null, answer: textIn(state.result, 'sealed') })
  if (state.kind === 'failed' || state.kind === 'refused') return closed(request, { state: 'refused', message: state.message, answer: null })
  return null
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
