import { quorumOf } from '@drover/protocol'
import { between, hear, type Machine, machineOf, type SimMember, type SimStore, type SimWorld } from './world.ts'

const ELECTION = 1_500
/** etcd takes a new member once all that vote have been connected for so long. */
const HEALTHY_AFTER = 5_000
/** A learner has caught up after so long. */
const SYNC = 600
/** k3s on the leader looks after learners by a clock of its own, and takes out one that has not moved for five minutes. */
const TICKER = 15_000
const STALLED = 300_000

/** True while the etcd process of a member runs. */
export const isUp = (world: SimWorld, store: SimStore, { id, machine }: SimMember): boolean => {
  const etcd = machineOf(world, machine).k3s?.etcd ?? null
  return etcd?.store === store && etcd.member === id
}

const hears = (world: SimWorld, a: SimMember, b: SimMember): boolean => hear(world, machineOf(world, a.machine), machineOf(world, b.machine))

/** The members that vote. */
export const votersOf = ({ members }: SimStore): readonly SimMember[] => members.filter(({ learner }) => !learner)

/** How many of the votes a member gets together, its own among them. */
const votesFor = (world: SimWorld, store: SimStore, member: SimMember): number =>
  votersOf(store).filter((other) => isUp(world, store, other) && hears(world, member, other)).length

const canLead = (world: SimWorld, store: SimStore, member: SimMember): boolean =>
  !member.learner && isUp(world, store, member) && votesFor(world, store, member) >= quorumOf(votersOf(store).length)

/** The member that leads, and hears enough of the others, now; null where there is none. */
export const leaderOf = (world: SimWorld, store: SimStore): SimMember | null => {
  const leader = store.members.find(({ id }) => id === store.leader)
  return leader !== undefined && canLead(world, store, leader) ? leader : null
}

/** True where a machine's own member runs and hears the leader: what goes through raft is answered there. */
export const reachesLeader = (world: SimWorld, { k3s }: Machine): boolean => {
  const own = k3s?.etcd ?? null
  const member = own?.store.members.find(({ id }) => id === own.member)
  const leader = own === null ? null : leaderOf(world, own.store)
  return member !== undefined && leader !== null && hears(world, member, leader)
}

const elect = (world: SimWorld, store: SimStore): void => {
  const now = world.timeline.now()
  if (leaderOf(world, store) !== null) {
    store.lostAt = now
    return
  }
  if (now - store.lostAt < (votersOf(store).length === 1 ? 0 : ELECTION)) return
  store.leader = votersOf(store).find((member) => canLead(world, store, member))?.id ?? null
}

const link = (world: SimWorld, store: SimStore, member: SimMember): void => {
  const leader = leaderOf(world, store)
  const now = world.timeline.now()
  const isLinked = leader !== null && isUp(world, store, member) && hears(world, member, leader)
  if (!isLinked) {
    member.linkedAt = null
    member.synced &&= !member.learner
    return
  }
  member.linkedAt ??= now
  member.synced ||= now - member.linkedAt >= SYNC
  if (member.synced) member.movedAt = now
}

/** What k3s on the leader does by its clock: votes for learners that have caught up, and the end of those that do not move. */
const lookAfterLearners = (world: SimWorld, store: SimStore): void => {
  const leader = leaderOf(world, store)
  const now = world.timeline.now()
  if (leader === null || now - store.tickerAt < TICKER || machineOf(world, leader.machine).k3s?.api !== true) return
  store.tickerAt = now
  for (const member of store.members.filter(({ learner }) => learner)) {
    if (member.synced) vote(world, store, { member, by: null })
    else if (now - member.movedAt >= STALLED) removeMember(world, store, { id: member.id, by: null })
  }
}

const vote = (world: SimWorld, store: SimStore, { member, by }: { readonly member: SimMember; readonly by: string | null }): void => {
  member.learner = false
  world.note(`etcd: ${member.name} votes${by === null ? ' by the clock of k3s' : ''}`)
  world.deed({ what: 'promote', machine: member.machine, store, by })
}

/** Half a second of every etcd. */
export const passEtcd = (world: SimWorld): void => {
  for (const store of world.stores) {
    if (store.kind === 'sqlite') continue
    elect(world, store)
    for (const member of store.members) link(world, store, member)
    lookAfterLearners(world, store)
  }
}

type Joiner = { readonly machine: Machine; readonly name: string; readonly by: string | null }

/** Adds a learner as etcd does it: one at a time, and while all that vote have been connected for a while. Gives the new member, or what etcd says. */
export const addLearner = (world: SimWorld, store: SimStore, { machine, name, by }: Joiner): SimMember | string => {
  if (store.members.some(({ learner }) => learner)) return 'etcdserver: too many learner members in cluster'
  const now = world.timeline.now()
  const isWhole = votersOf(store).every(({ id, linkedAt }) => id === store.leader || (linkedAt !== null && now - linkedAt >= HEALTHY_AFTER))
  if (!isWhole) return 'etcdserver: unhealthy cluster'
  const member = newMember(world, { machine, name, learner: true })
  store.members.push(member)
  world.note(`etcd: ${name} is added as a learner`)
  world.deed({ what: 'add', machine: machine.name, store, by })
  return member
}

/** A member with an id of its own. */
export const newMember = (world: SimWorld, { machine, name, learner }: { readonly machine: Machine; readonly name: string; readonly learner: boolean }): SimMember => {
  const id = `1${String(between(world, 10 ** 8, 10 ** 9 - 1))}${String(between(world, 10 ** 8, 10 ** 9 - 1))}`
  return { id, name, ip: machine.ip, machine: machine.name, learner, synced: !learner, movedAt: world.timeline.now(), linkedAt: null }
}

/** What etcd answers to a wish for a vote: null where it gives it, else its words. */
export const promote = (world: SimWorld, store: SimStore, { id, by }: { readonly id: string; readonly by: string | null }): string | null => {
  const member = store.members.find((one) => one.id === id)
  if (member === undefined) return 'etcdserver: member not found'
  if (!member.learner) return 'etcdserver: can only promote a learner member'
  if (!member.synced) return 'etcdserver: can only promote a learner member which is in sync with leader'
  vote(world, store, { member, by })
  return null
}

/** Takes a member out; whoever it was is told so when it hears from the others. */
export const removeMember = (world: SimWorld, store: SimStore, { id, by }: { readonly id: string; readonly by: string | null }): void => {
  const member = store.members.find((one) => one.id === id)
  if (member === undefined) return
  store.members = store.members.filter((one) => one !== member)
  store.gone.add(id)
  world.note(`etcd: ${member.name} is removed`)
  world.deed({ what: 'remove', machine: member.machine, store, by })
}

/** What etcd answers to a wish that a member goes: null where it takes it out, else its words. */
export const takeOut: typeof promote = (world, store, { id, by }) => {
  const member = store.members.find((one) => one.id === id)
  if (member === undefined) return 'etcdserver: member not found'
  const others = votersOf(store).filter((one) => one !== member)
  const connected = others.filter((one) => one.linkedAt !== null && isUp(world, store, one)).length
  if (!member.learner && connected < quorumOf(others.length)) return 'etcdserver: re-configuration failed due to not enough started members'
  removeMember(world, store, { id, by })
  return null
}
