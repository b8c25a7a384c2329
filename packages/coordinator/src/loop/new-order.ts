import { type Action, canonicalJson, type Json, type Order, type OrderId, sealContextOf, type Settled, STEPS, type StepDefinition } from '@drover/protocol'
import { sealSecret, signOrder, toText, fromText, utf8 } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import { settledWithoutLeft } from '../core/planner/without-left.ts'
import { newId } from '../new-id.ts'
import type { Db } from '../store/db.ts'
import type { HostRow } from '../store/hosts.ts'
import type { OrderRow } from '../store/orders.ts'
import { nextFence } from '../store/settings.ts'
import { planInput } from './make-forecast.ts'
import { orderParams } from './order-params.ts'
import { orderSecret } from './order-secret.ts'
import { textIn } from './text-in.ts'

const LIVES = 86_400_000

/** What an order is made from. */
export type OrderCause = {
  readonly action: Action
  readonly cluster: string
  readonly incarnation: number
  readonly run: string | null
  readonly forecast: string | null
  readonly attempt: number
  readonly requestedBy: string
}

/** Builds and signs one order inside the transaction that stores it: secrets sealed to the host, the fence raised. */
export const newOrder = async (context: Context, trx: Db, cause: OrderCause): Promise<OrderRow> => {
  const { action, cluster } = cause
  const host = context.world.hosts.get(action.host)
  if (host === undefined) throw new Error(`no host ${action.host}`)
  const now = context.now()
  const id = newId('ord') as OrderId
  const notAfter = now + LIVES
  const request = textIn(action.params, 'request')
  const order: Order = {
    id,
    run: cause.run as Order['run'],
    request: request as Order['request'],
    cluster: cluster as Order['cluster'],
    audience: action.host,
    kind: action.kind,
    params: orderParams(action, settledNow(context, cluster)),
    incarnation: cause.incarnation,
    epoch: context.epoch,
    fence: { resource: `host/${action.host}`, value: await nextFence(trx, `host/${action.host}`) },
    attempt: cause.attempt,
    createdAt: now,
    notAfter,
    ttlMs: Math.min(7_200_000, definitionOf(action).timeout + 600_000),
    forecast: cause.forecast,
    requestedBy: cause.requestedBy,
    sealed: await sealAll(context, { trx, action, host, cluster, order: { id, cluster: cluster as Order['cluster'], audience: action.host, notAfter } }),
    answerTo: answerTo(context, request),
  }
  const signed = signOrder(utf8(canonicalJson(order as unknown as Json)), context.keys.signing)
  return {
    id,
    run: cause.run,
    request,
    cluster,
    host: action.host,
    kind: action.kind,
    actionKey: action.key,
    class: action.class,
    change: action.change,
    attempt: cause.attempt,
    state: { kind: 'queued' },
    bytes: fromText(signed.order) ?? new Uint8Array(),
    signature: fromText(signed.signature) ?? new Uint8Array(),
    createdAt: now,
    endedAt: null,
  }
}

/** What is settled of a cluster, without the hosts that have left it. */
const settledNow = (context: Context, name: string): Settled | null => {
  const cluster = context.world.clusters.get(name)
  if (cluster === undefined) return null
  const { spec, settled } = cluster
  return settled.leaving === undefined ? settled : settledWithoutLeft(planInput(context, name, { spec, settled, hosts: 'members', requests: [] }))
}

/** An order as it travels. */
export const orderText = (order: OrderRow): { order: string; signature: string } => ({ order: toText(order.bytes), signature: toText(order.signature) })

type AnyStep = StepDefinition<string, never, unknown>
const definitionOf = (action: Action): AnyStep => STEPS[action.kind] as unknown as AnyStep

const answerTo = (context: Context, request: string | null): string | null =>
  request === null ? null : textIn(context.world.requests.get(request)?.params, 'sealTo')

type Sealing = { readonly trx: Db; readonly action: Action; readonly host: HostRow; readonly cluster: string; readonly order: Pick<Order, 'id' | 'cluster' | 'audience' | 'notAfter'> }

const sealAll = async (context: Context, about: Sealing): Promise<Record<string, string>> => {
  const sealed: Record<string, string> = {}
  for (const name of definitionOf(about.action).secrets(about.action.params as never)) {
    const secret = await orderSecret(context, about.trx, { cluster: about.cluster, order: about.order.id, name })
    sealed[name] = toText(await sealSecret(secret, sealContextOf(about.order, name), about.host.sealKey))
  }
  return sealed
}
