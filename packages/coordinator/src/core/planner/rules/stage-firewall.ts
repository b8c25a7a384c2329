import { type Action, type PlanInput, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import type { Desired } from '../firewall/ruleset.ts'
import { isConfirmed, isOnTrial, isUnread, wantedOf } from '../firewall/state.ts'
import { type Member, stayersOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'
import { hasFirewall } from '../requests.ts'
import { waitReach } from '../wait.ts'
import { waitUnread } from '../wait-unread.ts'
import { waitDoubt } from '../wait-witness.ts'

/** The key of an action holds all rules: it is made once for each set of them, not in every plan. */
const MADE = new WeakMap<Desired, Action>()

const stage = (input: PlanInput, { id, host, facts }: Member, wanted: Desired): Action => {
  const why = say('why.firewall', { host: host.name, has: facts.firewall.active === null ? 'none' : 'an older one' })
  const made = MADE.get(wanted)
  if (made !== undefined) return { ...made, why }
  const windowMs = (input.spec.firewall?.window ?? 0) * 1000
  const keep = wanted.keep.map((port) => ({ proto: 'tcp' as const, port }))
  const { nodes: _nodes, servers: _servers, ...ruleset } = wanted.ruleset
  const action = makeAction(['firewall.stage', id], { ruleset, members: wanted.ref, windowMs, keep }, why)
  MADE.set(wanted, action)
  return action
}

const wish = (input: PlanInput, member: Member): Wish => {
  const wanted = wantedOf(input, member)
  if (wanted === null) return null
  if (isUnread(member)) return { wait: waitUnread(member) }
  if (member.host.doubt !== undefined) return { wait: waitDoubt(member, member.host.doubt) }
  return { action: stage(input, member, wanted) }
}

const isSending = (input: PlanInput, { id }: Member): boolean => input.open.some(({ key }) => key.startsWith(`firewall.stage@${id}#`))

/** Of one role: who has the wanted rules for good, who is trying them, and who still needs them and can be reached. */
const standing = (input: PlanInput, role: Member['role']) => {
  const members = stayersOf(input, role)
  const unread = members.filter(isUnread)
  const pending = members.filter((member) => !isUnread(member) && !isConfirmed(input, member) && !isOnTrial(input, member))
  return {
    isProved: members.some((member) => isConfirmed(input, member)),
    /** A host that had rules and cannot read them may be trying some. */
    isTrying: members.some((member) => (isUnread(member) && hasFirewall(member)) || isOnTrial(input, member) || isSending(input, member)),
    unread,
    /** Rules on trial that are no longer wanted: they are replaced before any other host's. */
    outdated: pending.filter(({ facts }) => facts.firewall.staged !== null),
    pending: pending.filter((member) => waitReach(input, member) === null),
    unreached: pending.filter((member) => waitReach(input, member) !== null),
  }
}

/** One agent first, then all of them; a server only once some host has proved the rules, and the next when that one is confirmed. */
const next = (input: PlanInput): readonly Member[] => {
  const [agents, servers] = [standing(input, 'agent'), standing(input, 'server')]
  const mayAgents = agents.isProved ? agents.pending : agents.pending.slice(0, agents.isTrying ? 0 : 1)
  const isFirst = !agents.isProved && !servers.isProved && (agents.isTrying || agents.pending.length > 0)
  const [server] = servers.outdated.length > 0 ? servers.outdated : servers.pending
  const mayServers = isFirst || servers.isTrying || server === undefined ? [] : [server]
  return [...mayServers, ...mayAgents, ...servers.unread, ...agents.unread, ...servers.unreached, ...agents.unreached]
}

/** Puts new rules of the firewall on trial, where the spec has one: on one host first, and never on two servers at a time. */
export const stageFirewall: Rule = {
  name: 'stage-firewall',
  independent: true,
  decide: (input) => (input.spec.firewall === undefined ? { kind: 'done' } : perMember(input, next(input), (member) => wish(input, member))),
}
