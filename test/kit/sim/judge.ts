import { type ClaimSchema, DROVER, type HostId, quorumOf, render, type RunState, type Wait } from '@drover/protocol'
import type * as z from 'zod'
import type { Context } from '../../../packages/coordinator/src/context.ts'
import { textOf } from './disk.ts'
import { isUp, leaderOf, votersOf } from './etcd.ts'
import { type Deed, machineOf, type SimStore, type SimWorld } from './world.ts'

/** An order as its host got it: what the judge reads of it. */
export type KnownOrder = { readonly id: string; readonly kind: string; readonly audience: HostId; readonly params: unknown }

/**
 * Looks at what etcd, k3s and the steps really did, never at what the planner believed, and notes what must never be:
 * a second initialisation, a snapshot that is put back twice, two clusters side by side, a member that is there twice, two changes of members at once, a quorum lost by an order of ours,
 * and a run that neither goes on nor says why.
 */
export type Judge = {
  readonly faults: readonly string[]
  readonly deeds: readonly Deed[]
  readonly sees: (deed: Deed) => void
  /** Told twice a second, and of each order that came to a host. */
  readonly passes: () => void
  readonly knows: (order: KnownOrder) => void
  readonly begins: (order: string) => void
  readonly ends: (order: string) => void
  readonly plans: (context: Context) => void
}

/** A member that was there so long ago still counts as there: whoever plans cannot know better. */
const HORIZON = 60_000

type Inner = { readonly world: () => SimWorld; readonly faults: string[]; readonly deeds: Deed[]; readonly seenAt: Map<string, number>; readonly orders: Map<string, KnownOrder>; readonly running: Map<string, number> }

const fault = ({ world, faults }: Inner, text: string): void => {
  const said = `${String(Math.round(world().timeline.now() / 1000))} s: ${text}`
  world().note(`FAULT ${text}`)
  faults.push(said)
}

const incarnationOf = (world: SimWorld, machine: string): number =>
  (JSON.parse(textOf(machineOf(world, machine).disk, DROVER.claim) ?? '{"incarnation":0}') as z.infer<typeof ClaimSchema>).incarnation

const isSaved = ({ deeds }: Inner, store: SimStore): boolean => deeds.some((deed) => deed.what === 'save' && deed.store === store)

/** A first start that was cut short before anything was saved may be made again, on the same host. */
const judgeInitialise = (inner: Inner, deed: Deed): void => {
  const world = inner.world()
  const before = inner.deeds.filter((one) => one !== deed && one.what === 'initialise' && incarnationOf(world, one.machine) === incarnationOf(world, deed.machine))
  for (const { machine, store } of before) {
    if (machine !== deed.machine) fault(inner, `${deed.machine} initialises what ${machine} initialised`)
    else if (store !== null && isSaved(inner, store)) fault(inner, `${machine} initialises twice`)
  }
}

/** Whoever serves a datastore without the objects of the one before has lost them. */
const judgeServe = (inner: Inner, { machine, store }: Deed): void => {
  if (store?.objects.length === 0) fault(inner, `${machine} serves a cluster without its objects`)
}

/** Whoever puts a snapshot back once its cluster is served loses what was done in it. */
const judgeReset = (inner: Inner, { machine, store }: Deed): void => {
  const made = inner.deeds.filter((deed) => deed.what === 'reset' && deed.store !== store).map((deed) => deed.store)
  if (inner.deeds.some((deed) => deed.what === 'serve' && made.includes(deed.store))) fault(inner, `${machine} goes back twice`)
}

const judgeAdd = (inner: Inner, { machine, store }: Deed): void => {
  if ((store?.members.filter((member) => member.machine === machine).length ?? 0) > 1) fault(inner, `${machine} is a member twice`)
}

const wasThere = ({ world, seenAt }: Inner, id: string): boolean => world().timeline.now() - (seenAt.get(id) ?? -HORIZON - 1) <= HORIZON

/** How many of the others would go on voting, as far as anybody can know. */
const othersOf = (inner: Inner, store: SimStore, machine: string): number => votersOf(store).filter((member) => member.machine !== machine && wasThere(inner, member.id)).length

const judgePromote = (inner: Inner, { machine, store, by }: Deed): void => {
  if (store === null || by === null) return
  const voters = votersOf(store).length
  if (othersOf(inner, store, machine) + 1 < quorumOf(voters)) fault(inner, `${machine} was given a vote while too few of ${String(voters)} members are there`)
}

const judgeLoss = (inner: Inner, { machine, store, by, what }: Deed): void => {
  const own = store?.members.find((member) => member.machine === machine)
  if (store?.kind !== 'etcd' || by === null || (what === 'stop' && own?.learner !== false)) return
  const voters = votersOf(store).length
  const needed = what === 'remove' ? quorumOf(voters) : Math.min(quorumOf(voters), voters - 1)
  if (othersOf(inner, store, machine) < needed) fault(inner, `${machine}: ${what} leaves too few of ${String(voters)} members`)
}

/** Orders that end an incarnation of the cluster, and its members with it. */
const ENDS: readonly string[] = ['k3s.restore', 'k3s.set-aside']

const judgeStop = (inner: Inner, deed: Deed): void => {
  if (!ENDS.includes(inner.orders.get(deed.by ?? '')?.kind ?? '')) judgeLoss(inner, deed)
}

const JUDGES: { readonly [K in Deed['what']]: (inner: Inner, deed: Deed) => void } = {
  initialise: judgeInitialise, move: () => undefined, serve: judgeServe, add: judgeAdd, promote: judgePromote, remove: judgeLoss, stop: judgeStop, save: () => undefined, reset: judgeReset,
}

const memberChanged = ({ kind, audience, params }: KnownOrder): HostId | null => {
  const { role, initialises, member } = params as { readonly role?: string; readonly initialises?: boolean; readonly member?: HostId }
  if (kind === 'etcd.promote' || kind === 'etcd.remove') return member ?? null
  return kind === 'k3s.start' && role === 'server' && initialises === false ? audience : null
}

type Standing = 'none' | 'learner' | 'voter'

const standingOf = (world: SimWorld, id: HostId): Standing => {
  const name = world.machines.find((machine) => machine.id === id)?.name
  const own = world.stores.flatMap(({ members }) => members).filter(({ machine }) => machine === name)
  if (own.length === 0) return 'none'
  return own.some(({ learner }) => !learner) ? 'voter' : 'learner'
}

/** Members that a step which runs now is changing; whoever is to promote one that is not there changes nothing. */
const judgeChanges = (inner: Inner): void => {
  const world = inner.world()
  const ids = [...inner.running.keys()].flatMap((id) => {
    const order = inner.orders.get(id)
    const changed = order === undefined ? null : memberChanged(order)
    const standing = changed === null ? 'voter' : standingOf(world, changed)
    return changed === null || standing === 'voter' || (standing === 'none' && order?.kind === 'etcd.promote') ? [] : [changed]
  })
  if (new Set(ids).size > 1) fault(inner, `steps change ${String(new Set(ids).size)} members at once`)
}

const saysNothing = ({ reason, endsWhen }: Wait): boolean => render(reason) === '' || render(endsWhen) === ''

const judgeRun = (inner: Inner, state: RunState, waits: readonly Wait[]): void => {
  if (state.kind === 'waiting' && waits.length === 0) fault(inner, 'the run waits for nothing')
  if ('said' in state && render(state.said) === '') fault(inner, 'the run asks nothing')
}

const judgePlan = (inner: Inner, { world }: Context): void => {
  for (const [name, { state }] of world.runs) {
    const { waits } = world.plans.get(name) ?? { waits: [] }
    judgeRun(inner, state, waits)
    for (const wait of waits.filter(saysNothing)) fault(inner, `${wait.key} has no reason`)
  }
}

const passes = (inner: Inner): void => {
  const world = inner.world()
  if (world.stores.filter((store) => store.kind === 'etcd' && leaderOf(world, store) !== null).length > 1) fault(inner, 'two clusters live side by side')
  for (const store of world.stores) {
    const leader = store.kind === 'etcd' ? leaderOf(world, store) : null
    for (const member of store.members) if (leader !== null && isUp(world, store, member) && member.linkedAt !== null) inner.seenAt.set(member.id, world.timeline.now())
  }
}

const count = (running: Map<string, number>, id: string, by: number): void => {
  const now = (running.get(id) ?? 0) + by
  if (now > 0) running.set(id, now)
  else running.delete(id)
}

/** A judge of a world; that may be made after it. */
export const createJudge = (world: () => SimWorld): Judge => {
  const inner: Inner = { world, faults: [], deeds: [], seenAt: new Map(), orders: new Map(), running: new Map() }
  return {
    faults: inner.faults,
    deeds: inner.deeds,
    sees: (deed) => {
      inner.deeds.push(deed)
      JUDGES[deed.what](inner, deed)
    },
    passes: () => passes(inner),
    knows: (order) => void inner.orders.set(order.id, order),
    begins: (id) => {
      count(inner.running, id, 1)
      judgeChanges(inner)
    },
    ends: (id) => count(inner.running, id, -1),
    plans: (context) => judgePlan(inner, context),
  }
}
