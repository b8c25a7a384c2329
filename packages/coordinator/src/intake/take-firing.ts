import { type Firing, type HostId, type OrderReport, readFiringId, say, type Said, STEPS } from '@drover/protocol'
import type { Context } from '../context.ts'
import { isEnded, transitionOrder } from '../core/run/order.ts'
import { insertFiring, KNOWN_FIRINGS } from '../store/firings.ts'
import { type OrderRow, readOrder } from '../store/orders.ts'
import { transact } from '../store/transact.ts'
import { nameOf } from '../show/wait.ts'
import { clusterOf } from '../world/world.ts'

const NOTHING = new Uint8Array()
const KINDS = { sched: 'snapshot.take', prune: 'snapshot.delete', tidy: 'snapshot.tidy' } as const satisfies Record<Firing['what'], string>

/**
 * Takes in how a firing of a host's own schedule ended: it is kept like an order, although none was sent and nothing here
 * depends on it. It counts for the host that reports it alone, and once; of a host without a cluster it is dropped.
 */
export const takeFiring = async (context: Context, host: HostId, report: OrderReport): Promise<void> => {
  const firing = readFiringId(report.order)
  const state = transitionOrder({ kind: 'sent', at: context.now() }, { kind: 'reported', at: context.now(), report })
  const cluster = clusterOf(context.world, host)
  if (firing === null || cluster === null || !isEnded(state)) return
  const id = `${host}/${report.order}/${String(report.attempt)}`
  if ((await readOrder(context.db, id)) !== null) return
  const kind = KINDS[firing.what]
  const row: OrderRow = {
    id,
    run: null,
    request: null,
    cluster: cluster.name,
    host,
    kind,
    actionKey: `${kind}@${host}#${report.order}`,
    class: 'prepare',
    change: null,
    attempt: report.attempt,
    state,
    bytes: NOTHING,
    signature: NOTHING,
    createdAt: firing.at,
    endedAt: context.now(),
  }
  await transact(context.db, (trx) => insertFiring(trx, row))
  if (firing.what === 'sched') know(context, row)
  const name = nameOf(context.world, host)
  await context.tell({ at: context.now(), cluster: cluster.name, host: name, said: saidOf(firing, name, state) })
}

const know = ({ world }: Context, row: OrderRow): void => {
  const all = [row, ...(world.firings.get(row.host) ?? [])].toSorted((a, b) => b.createdAt - a.createdAt || b.attempt - a.attempt)
  world.firings.set(row.host, all.slice(0, KNOWN_FIRINGS))
}

const SAID = {
  sched: { done: 'schedule.done', failed: 'schedule.failed' },
  prune: { done: 'schedule.pruned', failed: 'schedule.prune-failed' },
  tidy: { done: 'schedule.tidied', failed: 'schedule.tidy-failed' },
} as const

/** What was removed, by name; an end that says nothing of it removed nothing. */
const namesIn = (state: OrderRow['state']): string => {
  const read = STEPS['snapshot.tidy'].result.safeParse(state.kind === 'done' ? state.result : null)
  return read.success ? [...read.data.snapshots, ...read.data.folders].join(', ') : ''
}

const saidOf = (firing: Firing, host: string, state: OrderRow['state']): Said => {
  const planned = new Date(firing.at).toISOString().replace(':00.000Z', 'Z')
  const message = 'message' in state ? state.message : state.kind
  return say(SAID[firing.what][state.kind === 'done' ? 'done' : 'failed'], { host, schedule: firing.schedule, planned, message, names: namesIn(state) })
}
