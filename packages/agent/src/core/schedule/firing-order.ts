import { type Claim, type Datastore, type ErrorCode, type Firing, firingId, type HostId, type Json, type Order, type OrderId, readFiringId, type StepKind, type StepParams, timeName, type TypedOrder, typeOrder } from '@drover/protocol'
import type { JournalRecord } from '../journal-record.ts'

/** What is written down of a firing before anything is done for it. */
export type Fired = Extract<JournalRecord, { type: 'FIRED' }>

/** All that a host may order of itself, by what it is for. A signed order can be of any kind, a firing of these alone. */
const KINDS = { sched: 'snapshot.take', prune: 'snapshot.delete', tidy: 'snapshot.tidy' } as const satisfies Record<Firing['what'], StepKind>

/** Of what Drover keeps around changes, so many of the newest of each sort stay, and what is younger than so many days. */
export const KEEPS = { keep: 3, days: 7 } as const

/** The name of what a schedule makes for a planned time. */
export const madeName = (firing: Pick<Firing, 'schedule' | 'at'>): string => `${firing.schedule}-${timeName(firing.at)}`

const paramsOf = (firing: Firing, claim: Claim, datastore: Datastore): StepParams<(typeof KINDS)[Firing['what']]> => {
  const { cluster, incarnation } = claim
  const name = madeName(firing)
  switch (firing.what) {
    case 'sched':
      return { name, cluster, incarnation, datastore }
    case 'prune':
      return { name, cluster }
    case 'tidy':
      return { cluster, ...KEEPS }
  }
}

/** The id of a firing's order and its record; `host` is the host itself, `datastore` what it keeps its objects in now, `at` the time of arrival (ms). */
export const fire = (firing: Firing, about: { readonly claim: Claim; readonly datastore: Datastore; readonly host: HostId; readonly at: number }): { readonly id: OrderId; readonly record: Fired } => {
  const { claim, datastore, host, at } = about
  const { cluster, incarnation } = claim
  return { id: firingId(firing), record: { type: 'FIRED', kind: KINDS[firing.what], params: paramsOf(firing, claim, datastore) as Json, cluster, incarnation, host, at } }
}

/** The order that a firing's record stands for; null where id and kind do not belong together or the params are wrong. */
export const firedOrder = (id: OrderId, record: Fired, attempt: number): TypedOrder | null => {
  const firing = readFiringId(id)
  if (firing === null || KINDS[firing.what] !== record.kind) return null
  const order: Order = {
    id,
    run: null,
    request: null,
    cluster: record.cluster,
    audience: record.host,
    kind: record.kind,
    params: record.params,
    incarnation: record.incarnation,
    epoch: 1,
    fence: { resource: `schedule/${firing.schedule}`, value: 1 },
    attempt,
    createdAt: firing.at,
    notAfter: Number.MAX_SAFE_INTEGER,
    ttlMs: 7_200_000,
    forecast: null,
    requestedBy: `schedule ${firing.schedule}`,
    sealed: {},
    answerTo: null,
  }
  return typeOrder(order)
}

/** Why a firing may no longer be carried out: the host has become another cluster's, or what was there was restored meanwhile. */
export const claimFault = (order: Pick<Order, 'cluster' | 'incarnation'>, claim: Claim | null | 'damaged'): { readonly code: ErrorCode; readonly message: string } | null => {
  if (claim !== null && claim !== 'damaged' && claim.cluster === order.cluster && claim.incarnation === order.incarnation) return null
  return { code: 'order.claim', message: `the host is no longer of cluster ${order.cluster}, incarnation ${String(order.incarnation)}` }
}
