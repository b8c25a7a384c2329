import type { PlanInput, Rule, RuleResult } from '@drover/protocol'
import { isApiUp } from '../api-up.ts'
import { type Member, membersOf, seedOf } from '../members.ts'
import { perMember } from '../per-member.ts'
import { lacks } from '../prepared.ts'
import { ruleResult } from '../rule-result.ts'
import { needsRestart, startAction } from '../start-action.ts'
import { waitApi } from '../wait.ts'

const changed = (input: PlanInput, role: Member['role']): readonly Member[] =>
  membersOf(input, role).filter((member) => needsRestart(input, member) && lacks(input, member) === null)

/** A tenth of the agents at a time, at least one, so that most of the cluster goes on working. */
const batch = (input: PlanInput, agents: readonly Member[]): readonly Member[] =>
  agents.slice(0, Math.max(1, Math.ceil(membersOf(input, 'agent').length / 10)))

const decide = (input: PlanInput): RuleResult => {
  const servers = changed(input, 'server').slice(0, 1)
  const agents = servers.length > 0 ? [] : batch(input, changed(input, 'agent'))
  const seed = seedOf(input)
  if (agents.length > 0 && seed !== undefined && !isApiUp(input)) return ruleResult([], [waitApi(seed)])
  return perMember(input, [...servers, ...agents], (member) => ({ action: startAction(input, member, true) }))
}

/** Restarts what runs with older settings than are on its disk: servers one by one, then agents a tenth at a time. */
export const restartChanged: Rule = { name: 'restart-changed', independent: false, decide }
