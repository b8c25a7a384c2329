import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { type Action, ClusterNameSchema, type OrderId, RequestIdSchema, say, type Snapshot, STEPS } from '@drover/protocol'
import { type CopySealer, copySealer } from '@drover/protocol/node'
import { readCopyKey } from '../../../packages/coordinator/src/copies/take-copy.ts'
import { ticketOf } from '../../../packages/coordinator/src/copies/ticket.ts'
import { makeAction } from '../../../packages/coordinator/src/core/planner/action.ts'
import { dispatch } from '../../../packages/coordinator/src/loop/dispatch.ts'
import type { TestCoordinator } from './coordinator.ts'
import type { ScriptedHost } from './scripted-host.ts'

/** A snapshot of a file with these bytes. */
export const snapshotOf = (plain: Uint8Array, more: { readonly name?: string; readonly cluster?: string; readonly at?: number } = {}): Snapshot => {
  const { name = 'manual-aaaaaaaaaaaaaaaa', cluster = 'home', at = 1_780_000_000_000 } = more
  const sha256 = createHash('sha256').update(plain).digest('hex')
  return { ...STEPS['snapshot.copy'].example.snapshot, name, cluster: ClusterNameSchema.parse(cluster), at, bytes: plain.length, sha256 }
}

/** An order about a copy that is under way: what lets its host in, and where. */
export type TicketOrder = { readonly id: OrderId; readonly authorization: string; readonly path: string }
/** An order to copy a snapshot, with what its host seals it by. */
export type CopyOrder = TicketOrder & { readonly sealer: CopySealer }

const send = async ({ context }: TestCoordinator, action: Action, snapshot: Snapshot): Promise<TicketOrder> => {
  const before = new Set(context.world.orders.keys())
  await dispatch(context, { cluster: snapshot.cluster, incarnation: 1, run: null, actions: [action], by: 'test' })
  const id = [...context.world.orders.keys()].find((one) => !before.has(one)) as OrderId
  return { id, authorization: `Ticket ${ticketOf(context.keys.kek, id)}`, path: `/snapshots/copies/${snapshot.cluster}/${snapshot.name}` }
}

/** Has the coordinator order a host to copy a snapshot. */
export const orderCopy = async (coordinator: TestCoordinator, host: ScriptedHost, snapshot: Snapshot): Promise<CopyOrder> => {
  const order = await send(coordinator, makeAction(['snapshot.copy', host.id], { snapshot }, say('why.snapshot.copy')), snapshot)
  return { ...order, sealer: copySealer(snapshot, await readCopyKey(coordinator.context, snapshot.cluster)) }
}

/** Has the coordinator order a host to fetch a snapshot from its copy. */
export const orderFetch = (coordinator: TestCoordinator, host: ScriptedHost, snapshot: Snapshot): Promise<TicketOrder> =>
  send(coordinator, makeAction(['snapshot.fetch', host.id], { snapshot, request: RequestIdSchema.parse(`req-${'a'.repeat(16)}`) }, say('why.snapshot.fetch', { host: host.name })), snapshot)

/** The whole sealed copy. */
export const sealWhole = ({ head, layout, seal }: CopySealer, plain: Uint8Array): Buffer => {
  const size = 1_048_576
  return Buffer.concat([head, ...Array.from({ length: layout.frames }, (_, index) => seal(index, plain.subarray(index * size, (index + 1) * size)))])
}

/** Opens the coordinator's app to the machine itself; gives its URL. */
export const listen = async ({ app }: TestCoordinator): Promise<string> => {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return `https://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`
}
