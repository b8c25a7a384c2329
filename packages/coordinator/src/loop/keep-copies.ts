import { type HostId, say } from '@drover/protocol'
import type { Context } from '../context.ts'
import { type CopyInput, type HeldSnapshot, KEPT_WITHOUT_SCHEDULE, mayTry, missingCopies, spareCopies } from '../core/copies/choose-copies.ts'
import { makeAction } from '../core/planner/action.ts'
import { dropCopy } from '../copies/take-copy.ts'
import type { ClusterRow } from '../store/clusters.ts'
import { isCopyOrder } from '../world/world.ts'
import { dispatch } from './dispatch.ts'

/** The snapshots of hosts that can be reached. */
const heldBy = ({ world }: Context, host: HostId): readonly HeldSnapshot[] => {
  const row = world.hosts.get(host)
  if (row?.state !== 'active' || world.live.get(host)?.online !== true) return []
  return (row.facts?.value.facts.snapshots ?? []).map((snapshot) => ({ host, snapshot }))
}

const inputOf = (context: Context, { name, spec, settled }: ClusterRow): CopyInput => ({
  cluster: name,
  keep: spec.snapshots === false ? KEPT_WITHOUT_SCHEDULE : spec.snapshots.keep,
  held: (Object.keys(settled.roles) as HostId[]).flatMap((host) => heldBy(context, host)),
  copies: [...context.world.copies.values()].filter(({ snapshot }) => snapshot.cluster === name).map(({ snapshot }) => snapshot),
})

const keyOf = ({ snapshot }: HeldSnapshot): string => `${snapshot.cluster} ${snapshot.name} ${snapshot.sha256}`

/**
 * Has the good snapshots of a cluster copied here, the newest first, one at a time, and removes what newer ones have taken
 * the place of. It is no part of a run: nobody approves it, no forecast holds it, and it changes nothing on the host.
 */
export const keepCopies = async (context: Context, cluster: ClusterRow): Promise<void> => {
  const { world } = context
  const input = inputOf(context, cluster)
  for (const { name } of spareCopies(input)) await dropCopy(context, { cluster: cluster.name, name, why: 'newer ones have taken its place' })
  const missing = missingCopies(input)
  forgetTries(context, cluster.name, new Set(missing.map(keyOf)))
  const isBusy = [...world.orders.values()].some((order) => order.cluster === cluster.name && isCopyOrder(order) && order.endedAt === null)
  if (isBusy) return
  const next = missing.find((one) => mayTry(world.copyTries.get(keyOf(one)), context.now()))
  if (next === undefined) return
  const { opens: _opens, ...snapshot } = next.snapshot
  const action = makeAction(['snapshot.copy', next.host], { snapshot }, say('why.snapshot.copy'))
  // Counted when it is sent: also one that ends well without a copy being here does not come at once again.
  const failed = (world.copyTries.get(keyOf(next))?.failed ?? 0) + 1
  world.copyTries.set(keyOf(next), { failed, at: context.now() })
  await dispatch(context, { cluster: cluster.name, incarnation: cluster.settled.incarnation, run: null, actions: [action], by: 'snapshots' })
}

/** What is copied by now, or can be no more, is counted no longer. */
const forgetTries = ({ world }: Context, cluster: string, missing: ReadonlySet<string>): void => {
  for (const key of world.copyTries.keys()) if (key.startsWith(`${cluster} `) && !missing.has(key)) world.copyTries.delete(key)
}
