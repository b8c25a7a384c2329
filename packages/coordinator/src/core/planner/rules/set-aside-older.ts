import { type Action, type PlanInput, type Rule, type RuleResult, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import type { Member } from '../members.ts'
import { absentOlder, isGoingOn, olderServers } from '../older-servers.ts'
import { isPutBack, restoreOf } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { waitReach } from '../wait.ts'
import { waitAbsent } from '../wait-absent.ts'

const setAside = (input: PlanInput, { id, host }: Member): Action => {
  const { incarnation, seed } = input.settled
  const action = makeAction(['k3s.set-aside', id], { cluster: input.spec.cluster, incarnation, seed }, say(isGoingOn(input) ? 'why.set-aside.late' : 'why.set-aside', { host: host.name, incarnation }))
  // Until the seed is started all of them are one change: the end of the incarnation before.
  return isGoingOn(input) ? action : { ...action, change: seed }
}

const decide = (input: PlanInput): RuleResult => {
  const reached = olderServers(input).filter((server) => waitReach(input, server) === null)
  if (isGoingOn(input)) return ruleResult(reached.slice(0, 1).map((server) => setAside(input, server)), [])
  const request = restoreOf(input)
  return ruleResult(reached.map((server) => setAside(input, server)), request === undefined ? [] : waitAbsent(absentOlder(input, request)))
}

/**
 * Ends the incarnation before on all servers that can be reached, before the seed of the new one is started: no two clusters
 * live side by side. Who comes back later is taken out of the old one in the same way, and then joins.
 */
export const setAsideOlder: Rule = {
  name: 'set-aside-older',
  independent: false,
  decide: (input) => (isPutBack(input) ? decide(input) : { kind: 'done' }),
}
