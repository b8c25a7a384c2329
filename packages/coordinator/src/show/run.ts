import { type DialShown, ERRORS, type OrderShown, type RunShown } from '@drover/protocol'
import type { Context } from '../context.ts'
import { readContent } from '../loop/make-forecast.ts'
import { readForecast } from '../store/forecasts.ts'
import { type OrderRow, readOrdersOfRun } from '../store/orders.ts'
import type { RunRow } from '../store/runs.ts'
import { describe } from './forecast.ts'
import type { World } from '../world/world.ts'
import { nameOf, showWait } from './wait.ts'

/** A run as the API shows it: its orders with their newest progress, and what it waits for now. */
export const showRun = async (context: Context, run: RunRow): Promise<RunShown> => {
  const { world } = context
  const row = await readForecast(context.db, run.forecast)
  const planned = row === null ? 0 : readContent(row).phases.reduce((sum, phase) => sum + phase.lines.length, 0)
  const stored = await readOrdersOfRun(context.db, run.id)
  const since = world.waiting.get(run.cluster)
  const isOpen = world.runs.get(run.cluster)?.id === run.id && run.endedAt === null
  const waits = isOpen ? (world.plans.get(run.cluster)?.waits ?? []) : []
  return {
    id: run.id as RunShown['id'],
    cluster: run.cluster,
    forecast: run.forecast as RunShown['forecast'],
    state: run.state.kind,
    said: 'said' in run.state ? { code: run.state.said.code, args: { ...run.state.said.args } } : null,
    approvedBy: run.approvedBy,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    planned,
    orders: stored.map((order) => showOrder(context, world.orders.get(order.id) ?? order)),
    waits: waits.map((wait) => showWait(world, wait, since?.get(wait.key) ?? null)),
    dials: isOpen ? dialsOf(world, run.cluster) : [],
  }
}

/** What the drover command is asked, and has not answered: a question that was put again has another id. */
const dialsOf = ({ trials }: World, cluster: string): DialShown[] =>
  [...trials].flatMap(([host, trial]) => {
    const asked = trial.cluster === cluster ? trial.asked.get('operator') : undefined
    return asked === undefined || asked.id === null || asked.reached !== null ? [] : [{ id: asked.id, host, ip: trial.ip, ports: [...asked.ports] }]
  })

const showOrder = (context: Context, order: OrderRow): OrderShown => {
  const { state } = order
  const code = state.kind === 'failed' || state.kind === 'refused' ? state.code : null
  return {
    id: order.id,
    kind: order.kind,
    host: nameOf(context.world, order.host),
    does: plainSaid(describe(order.kind, paramsOf(order))),
    attempt: order.attempt,
    state: state.kind,
    detail: 'detail' in state ? state.detail : 'message' in state ? state.message : '',
    code,
    remedy: code === null ? null : ERRORS[code].remedy,
    evidence: state.kind === 'failed' ? state.evidence : '',
    createdAt: order.createdAt,
    endedAt: order.endedAt,
  }
}

const plainSaid = (said: ReturnType<typeof describe>): OrderShown['does'] => ({ code: said.code, args: { ...said.args } })

const paramsOf = (order: OrderRow): unknown => (JSON.parse(Buffer.from(order.bytes).toString('utf8')) as { params: unknown }).params
