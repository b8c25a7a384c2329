import type { PlanInput, Rule } from '@drover/protocol'
import { isApiUp, speakerOf } from '../api-up.ts'
import { type Member, stayersOf, seedOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'
import { isRunning, lacks } from '../prepared.ts'
import { ruleResult } from '../rule-result.ts'
import { needsRestart, startAction } from '../start-action.ts'
import { waitApi, waitNode, waitPrepared } from '../wait.ts'

const isUp = (member: Member): boolean =>
  isRunning(member) && member.facts.k3s?.state === 'active' && (member.facts.node === 'ready' || member.facts.node === 'cordoned')

const wish = (input: PlanInput, agent: Member): Wish => {
  if (isUp(agent) || needsRestart(input, agent)) return null
  if (isRunning(agent)) return { wait: waitNode(agent) }
  const missing = lacks(input, agent)
  return missing === null ? { action: startAction(input, agent, false) } : { wait: waitPrepared(input, agent, missing) }
}

/** Agents are started once the API answers, in any order; one that is late or away does not hold back the others. */
export const startAgents: Rule = {
  name: 'start-agents',
  independent: true,
  decide: (input) => {
    const agents = stayersOf(input, 'agent').filter((agent) => !isUp(agent))
    const seed = seedOf(input)
    if (agents.length === 0 || seed === undefined) return { kind: 'done' }
    return isApiUp(input) ? perMember(input, agents, (agent) => wish(input, agent)) : ruleResult([], [waitApi(speakerOf(input, seed))])
  },
}
