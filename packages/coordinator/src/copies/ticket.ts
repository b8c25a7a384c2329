import { createHmac, hkdfSync } from 'node:crypto'
import { DroverError, type Snapshot, STEPS } from '@drover/protocol'
import { equalBytes, fromText, fromUtf8, readJson, toText } from '@drover/protocol/node'
import type { Context } from '../context.ts'
import type { OrderRow } from '../store/orders.ts'

const macOf = (kek: Uint8Array, order: string): Uint8Array => {
  const key = new Uint8Array(hkdfSync('sha256', kek, new Uint8Array(), 'drover upload ticket 1', 32))
  return createHmac('sha256', key).update(order).digest()
}

/** The ticket of an order: its id and a MAC that only this coordinator can make, so that nothing has to be stored. */
export const ticketOf = (kek: Uint8Array, order: string): string => `${order}.${toText(macOf(kek, order))}`

const SCHEME = /^Ticket (ord-[a-z2-7]{16})\.([A-Za-z0-9_-]{43})$/

/** The orders that carry a ticket: what it lets their host do with a copy. */
export type TicketKind = 'snapshot.copy' | 'snapshot.fetch'

/** The snapshot that an order to copy or fetch one names, as its signed bytes have it; null for any other order. */
const snapshotOf = ({ kind, bytes }: OrderRow): Snapshot | null => {
  if (kind !== 'snapshot.copy' && kind !== 'snapshot.fetch') return null
  const read = fromUtf8(bytes) === null ? null : readJson(bytes)
  const params = read?.ok === true ? (read.value as { readonly params?: unknown }).params : null
  const parsed = STEPS[kind].params.safeParse(params)
  return parsed.success ? parsed.data.snapshot : null
}

/** What a ticket is good for: one copy, by one order of a host. */
export type Ticket = { readonly order: OrderRow; readonly snapshot: Snapshot }

/** The ticket in an Authorization header; throws copy.ticket where it is none of an order that is under way. */
export const readTicket = ({ world, keys }: Pick<Context, 'world' | 'keys'>, header: string | undefined): Ticket => {
  const order = world.orders.get(provenOrder(keys.kek, header ?? ''))
  const snapshot = order?.endedAt === null ? snapshotOf(order) : null
  if (order === undefined || snapshot === null) throw new DroverError('copy.ticket', 'the order of this ticket has ended')
  return { order, snapshot }
}

/** The id of the order that a header has the right MAC of. */
const provenOrder = (kek: Uint8Array, header: string): string => {
  const [, id = '', text = ''] = SCHEME.exec(header) ?? []
  const mac = fromText(text)
  if (mac !== null && id !== '' && equalBytes(mac, macOf(kek, id))) return id
  throw new DroverError('copy.ticket', 'a ticket is needed: it comes with the order')
}

