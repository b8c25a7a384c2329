import type { PlanInput, Rule, RuleResult } from '@drover/protocol'
import { type Member, membersOf } from '../members.ts'
import { perMember } from '../per-member.ts'
import { lacks } from '../prepared.ts'
import { needsRestart, startAction } from '../start-action.ts'

const changed = (input: PlanInput, role: Member['role']): readonly Member[] =>
  membersOf(input, role).filter((member) => needsRestart(input, member) && lacks(input, member) === null)

/** A tenth of the agents at a time, at least one, so that most of the cluster goes on working. */
const batch = (input: PlanInput, agents: readonly Member[]): readonly Member[] =>
  agents.slice(0, Math.max(1, Math.ceil(membersOf(input, 'agent').length / 10)))

const decide = (input: PlanInput): RuleResult => {
  const servers = changed(input, 'server').slice(0, 1)
  const next = servers.length > 0 ? servers : batch(input, changed(input, 'agent'))
  return perMember(input, next, (member) => ({ action: startAction(input, member, true) }))
}

/** Restarts what runs with older settings than are on its disk: servers one by one, then agents a tenth at a time. */
export const restartChanged: Rule = { name: 'restart-changed', independent: false, decide }
