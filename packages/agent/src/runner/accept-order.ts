import { type ErrorCode, type HostId, type Order, OrderSchema, type SignedOrderText, type TypedOrder, typeOrder } from '@drover/protocol'
import { openOrder, type VerifyKey } from '@drover/protocol/node'
import type { HostWriter } from '../host/host.ts'
import { readClaim } from '../host/k3s-marks.ts'
import { fenceFault, raiseFences, readFences } from './fences.ts'
import { readDenial } from './gate.ts'

/** Who this host is, whom it obeys, and what time the coordinator's clock says (ms; null while not known). */
export type AcceptOptions = {
  readonly host: HostWriter
  readonly hostId: HostId
  readonly coordinatorKey: () => VerifyKey
  readonly serverNow: () => number | null
}

/** An order that may be carried out, or why not. `order` is null where the signature did not hold: then nothing in it is believed. */
export type Accepted =
  | { readonly ok: true; readonly order: TypedOrder }
  | { readonly ok: false; readonly order: Order | null; readonly code: ErrorCode; readonly message: string }

/** Verifies the signature over the exact bytes, then reads them; null where either fails. */
export const readOrder = (signed: SignedOrderText, key: VerifyKey): Order | null => {
  const opened = openOrder(signed, key, OrderSchema)
  return opened.ok ? opened.order : null
}

const claimFault = async (host: HostWriter, order: Order): Promise<string | null> => {
  const claim = await readClaim(host)
  if (claim === 'damaged') return 'claim.json is damaged'
  if (claim === null) return null
  if (claim.cluster !== order.cluster) return `the host has promised itself to ${claim.cluster}`
  return claim.incarnation > order.incarnation ? `the host is of incarnation ${String(claim.incarnation)}, the order of ${String(order.incarnation)}` : null
}

const FENCE_SAID = {
  'order.epoch': 'an order of a later epoch has been seen',
  'order.fence': 'a later order for the same thing has been seen',
} as const

/**
 * Judges an order whose signature holds: audience, epoch, fence, expiry by the coordinator's clock, kind and params, policy
 * and VETO, claim. An order that is accepted raises the fences on disk before this resolves.
 */
export const acceptOrder = async (order: Order, options: AcceptOptions): Promise<Accepted> => {
  const { host, hostId, serverNow } = options
  const no = (code: ErrorCode, message: string): Accepted => ({ ok: false, order, code, message })
  if (order.audience !== hostId) return no('order.audience', `it is for ${order.audience}`)
  const late = fenceFault(await readFences(host), order)
  if (late !== null) return no(late, FENCE_SAID[late])
  const now = serverNow()
  if (now === null || now > order.notAfter) return no('order.expired', now === null ? "the coordinator's time is not known" : 'it came too late')
  const typed = typeOrder(order)
  if (typed === null) return no('order.kind', `${order.kind} with these params is not known here`)
  const denial = await readDenial(host, typed)
  if (denial !== null) return no(denial.code, denial.message)
  const claim = await claimFault(host, order)
  if (claim !== null) return no('order.claim', claim)
  await raiseFences(host, order)
  return { ok: true, order: typed }
}
