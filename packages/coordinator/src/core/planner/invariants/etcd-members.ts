import { type Action, datastoreOf, type Finding, type HostId, type HostView, type PlanInput, quorumOf, say, STALE_AFTER } from '@drover/protocol'
import { finding } from '../finding.ts'
import { deletionOf } from '../requests.ts'
import { findOlder } from './older-members.ts'

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id

type Server = { readonly id: HostId; readonly host: HostView }

/** One that is away, never was up and is in nobody's list has no member. */
const isMember = ({ online, facts: { k3s, listed } }: HostView, incarnation: number): boolean => {
  const unit = k3s?.value
  if (unit === undefined || unit === null || unit.incarnation !== incarnation) return false
  if (unit.wasActive) return true
  return (unit.state === 'starting' || unit.state === 'active') && (online.value || listed?.value !== 'none')
}

/** The servers that have a member of etcd, or are starting one. */
const membersIn = (input: PlanInput): readonly Server[] =>
  Object.entries(input.settled.roles).flatMap(([key, role]) => {
    const id = key as HostId
    const host = input.view.hosts[id]
    return host === undefined || role !== 'server' || !isMember(host, input.settled.incarnation) ? [] : [{ id, host }]
  })

const isVoting = (input: PlanInput, host: HostView | undefined): boolean => {
  const etcd = host?.facts.etcd
  return host?.online.value === true && etcd?.value === 'voter' && input.now - etcd.seenAt <= STALE_AFTER.host
}

/** True for a server whose k3s starts for the first time, and whose own etcd says nothing yet. */
const isNew = ({ online, facts: { k3s, etcd } }: HostView): boolean => online.value && k3s?.value?.state === 'starting' && !k3s.value.wasActive && etcd?.value === 'none'

/** The vote of a new one may be told by another member alone. */
const hasVote = (input: PlanInput, host: HostView): boolean => {
  const { listed } = host.facts
  return isVoting(input, host) || (isNew(host) && listed?.value === 'voter' && input.now - listed.seenAt <= STALE_AFTER.host)
}

/** The host that an action would make a voting member of: its own start where it never was one, or a promotion. */
const joinerOf = (input: PlanInput, { kind, host, params }: Action): HostId | null => {
  const { role, initialises, member } = params as { readonly role?: string; readonly initialises?: boolean; readonly member?: HostId }
  if (kind === 'etcd.promote') return member ?? null
  const isJoin = kind === 'k3s.start' && role === 'server' && initialises === false
  return isJoin && input.view.hosts[host]?.facts.k3s?.value?.wasActive !== true ? host : null
}

/** No member is added while another does not vote, while the API is down, or by a host that has no vote to give. */
const findEarlyJoins = (input: PlanInput, actions: readonly Action[]): readonly Finding[] =>
  actions.flatMap((action) => {
    const joiner = joinerOf(input, action)
    if (joiner === null) return []
    const host = nameOf(input, joiner)
    const silent = membersIn(input).filter((server) => server.id !== joiner && !hasVote(input, server.host))
    const isPowerless = action.kind === 'etcd.promote' && !isVoting(input, input.view.hosts[action.host])
    return [
      ...silent.map((other) => finding('fatal', say('finding.early-join', { host, other: other.host.name }), [joiner])),
      ...(input.view.facts.api?.value === 'up' ? [] : [finding('fatal', say('finding.join-api-down', { host }), [joiner])]),
      ...(isPowerless ? [finding('fatal', say('finding.promoter', { host: nameOf(input, action.host), member: host }), [action.host])] : []),
    ]
  })

const stops = ({ kind, params }: Action): boolean =>
  kind === 'k3s.restore' || ((kind === 'k3s.start' || kind === 'k3s.uninstall') && (params as { readonly role?: string }).role === 'server')

/** Two members cannot lose one and go on, so that a restart takes the API away for a moment: that is asked of all the others. */
const needed = (voters: number): number => Math.min(quorumOf(voters), voters - 1)

/** A member that leaves and is taken out already has no vote to lose, whatever its host last said. */
const isOut = (input: PlanInput, { kind, host }: Action): boolean => kind === 'k3s.uninstall' && input.settled.leaving?.includes(host) === true && input.view.hosts[host]?.facts.listed?.value === 'none'

/** Nothing takes the vote of a member that the others need: only a deletion or a restore does, which a person has approved. */
const findLostQuorum = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  if (deletionOf(input) !== undefined || input.requests.some(({ kind, state }) => kind === 'restore' && state === 'open')) return []
  const members = membersIn(input)
  const voters = members.filter(({ host }) => host.facts.etcd?.value !== 'learner').length
  const voting = members.filter(({ host }) => isVoting(input, host)).length
  return actions
    .filter((action) => stops(action) && isVoting(input, input.view.hosts[action.host]) && !isOut(input, action) && voting - 1 < (action.kind === 'k3s.uninstall' ? quorumOf(voters) : needed(voters)))
    .map(({ host }) => finding('fatal', say('finding.quorum', { host: nameOf(input, host), left: voting - 1, voters, quorum: quorumOf(voters) }), [host]))
}

/** What the second reader has against changes of etcd's members; nothing on SQLite. */
export const findEtcdMembers = (input: PlanInput, actions: readonly Action[]): readonly Finding[] =>
  datastoreOf(input.spec) === 'etcd' ? [...findEarlyJoins(input, actions), ...findLostQuorum(input, actions), ...findOlder(input, actions)] : []
