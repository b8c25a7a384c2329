import {
  type HostFacts,
  type HostId,
  isStepKind,
  type Ms,
  type OpenOrder,
  type PlanInput,
  say,
  STALE_AFTER,
  type Time,
  type ViewPatch,
  type Wait,
} from '@drover/protocol'
import { ageOf } from './facts.ts'
import type { Member } from './members.ts'
import { stepOf } from './step-of.ts'

const minutes = (count: number): Ms => count * 60_000

/** How long each kind of wait lasts before a person is asked. */
export const LIMITS = {
  offline: minutes(30),
  offlineDeletion: minutes(2),
  clone: minutes(30),
  stale: minutes(10),
  claims: minutes(10),
  prepared: minutes(40),
  api: minutes(10),
  node: minutes(5),
  member: minutes(7),
  quorum: minutes(10),
} as const

const assumeHost = (id: HostId, facts: Partial<HostFacts>): ViewPatch => ({ hosts: { [id]: facts } })

/** Waits for an agent that is not connected; the forecast goes on with the host as it was last seen. */
export const waitOffline = ({ id, host, facts }: Member): Wait => ({
  key: `offline@${id}`,
  reason: say('wait.offline', { host: host.name }),
  on: [id],
  endsWhen: say('wait.offline.ends'),
  limit: LIMITS.offline,
  atLimit: 'ask',
  assume: assumeHost(id, facts),
})

/** Waits until a person has said which of two machines with one key is the host. */
export const waitClone = ({ id, host, facts }: Member): Wait => ({
  key: `clone@${id}`,
  reason: say('wait.clone'),
  on: [id],
  endsWhen: say('wait.clone.ends', { host: host.name }),
  limit: LIMITS.clone,
  atLimit: 'ask',
  assume: assumeHost(id, facts),
})

/**
 * A deletion waits for hosts that are away as well, but not long: its forecast was approved by somebody who is there, and who
 * can bring the host back or keep the cluster.
 */
export const inDeletion = (wait: Wait): Wait =>
  wait.reason.code === 'wait.offline' ? { ...wait, reason: say('wait.offline.deletion', wait.reason.args), limit: LIMITS.offlineDeletion } : wait

/** A host that leaves is waited for: what runs on it nobody else can stop. */
export const inLeaving = (wait: Wait): Wait => (wait.reason.code === 'wait.offline' ? { ...wait, reason: say('wait.leave.offline', wait.reason.args), limit: LIMITS.offlineDeletion } : wait)

/** Waits for newer facts of a host that is connected. */
export const waitStale = ({ id, host, facts }: Member, now: Time): Wait => ({
  key: `stale@${id}`,
  reason: say('wait.stale', { host: host.name, seconds: Math.floor((ageOf(host, now) ?? now - host.online.seenAt) / 1000) }),
  on: [id],
  endsWhen: say('wait.stale.ends'),
  limit: LIMITS.stale,
  atLimit: 'ask',
  assume: assumeHost(id, facts),
})

/** What keeps a host from being planned on: a copy of it, not connected, or facts too old; null where nothing does. */
export const waitReach = (input: PlanInput, member: Member): Wait | null => {
  if (member.host.clone === true) return waitClone(member)
  if (!member.host.online.value) return waitOffline(member)
  const age = ageOf(member.host, input.now)
  return age === null || age > STALE_AFTER.host ? waitStale(member, input.now) : null
}

/** Waits until a planned server has fsynced and reported its claim. */
export const waitClaim = (input: PlanInput, { id, host }: Member): Wait => {
  const { incarnation, seed } = input.settled
  return {
    key: `claim@${id}`,
    reason: say('wait.claims', { host: host.name }),
    on: [id],
    endsWhen: say('wait.claims.ends', { cluster: input.spec.cluster, incarnation }),
    limit: LIMITS.claims,
    atLimit: 'ask',
    assume: assumeHost(id, { claim: { cluster: input.spec.cluster, incarnation, seed } }),
  }
}

/** Waits until binary and settings are where they belong; the forecast never comes to assume it, since both are actions. */
export const waitPrepared = (input: PlanInput, { id, host }: Member, what: string): Wait => ({
  key: `prepared@${id}`,
  reason: say('wait.prepared', { host: host.name, what }),
  on: [id],
  endsWhen: say('wait.prepared.ends', { version: input.spec.k3s.version }),
  limit: LIMITS.prepared,
  atLimit: 'ask',
  assume: {},
})

/** A unit that is starting is up once its API answers or its Node is Ready. */
const assumeStarted = ({ facts: { k3s } }: Member): Partial<HostFacts> => (k3s?.state === 'starting' ? { k3s: { ...k3s, state: 'active' } } : {})

/** Only what was started can come up: until then other waits and actions have to come first. */
const isStarted = ({ facts: { k3s } }: Member): boolean => k3s?.state === 'starting' || k3s?.state === 'active'

/** Waits until the API server answers. */
export const waitApi = (member: Member): Wait => ({
  key: `api@${member.id}`,
  reason: say('wait.api', { host: member.host.name }),
  on: [member.id],
  endsWhen: say('wait.api.ends'),
  limit: LIMITS.api,
  atLimit: 'ask',
  assume: isStarted(member) ? { ...assumeHost(member.id, assumeStarted(member)), cluster: { api: 'up' } } : {},
})

/** Waits until the kubelet of a host is Ready. */
export const waitNode = (member: Member): Wait => ({
  key: `node@${member.id}`,
  reason: say('wait.node', { host: member.host.name }),
  on: [member.id],
  endsWhen: say('wait.node.ends'),
  limit: LIMITS.node,
  atLimit: 'ask',
  assume: assumeHost(member.id, { ...assumeStarted(member), node: 'ready' }),
})

/** Waits until the etcd member of a server votes. */
export const waitMember = (member: Member): Wait => ({
  key: `member@${member.id}`,
  reason: say('wait.member', { host: member.host.name }),
  on: [member.id],
  endsWhen: say('wait.member.ends'),
  limit: LIMITS.member,
  atLimit: 'ask',
  assume: assumeHost(member.id, { ...assumeStarted(member), etcd: 'voter' }),
})

const kindOf = (order: OpenOrder): string => order.key.slice(0, order.key.indexOf('@'))

/** Waits for an order in flight, and after its end for facts that are newer than it. */
export const waitOrder = (order: OpenOrder, name: string): Wait => {
  const kind = kindOf(order)
  return {
    key: `order@${order.key}`,
    reason: say('wait.order', { host: name, kind }),
    on: [order.host],
    endsWhen: say('wait.order.ends'),
    limit: (isStepKind(kind) ? stepOf(kind).timeout : 0) + minutes(2),
    atLimit: 'ask',
    assume: {},
  }
}

/** The waits that have lasted longer than their limit. */
export const expiredWaits = (waits: readonly Wait[], since: PlanInput['waiting'], now: Time): readonly Wait[] =>
  waits.filter((wait) => now - (since[wait.key] ?? now) > wait.limit)
