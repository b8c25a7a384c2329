import type { PlanInput, Rule, RuleResult, Wait } from '@drover/protocol'
import { isApiUp } from '../api-up.ts'
import { type Member, membersOf, seedOf } from '../members.ts'
import { hasClaim, isRunning, lacks } from '../prepared.ts'
import { ruleResult } from '../rule-result.ts'
import { needsRestart, startAction } from '../start-action.ts'
import { waitApi, waitClaim, waitNode, waitPrepared, waitReach } from '../wait.ts'

/** Every planned server must have confirmed its claim before anything is initialised. */
const waitClaims = (input: PlanInput): readonly Wait[] =>
  membersOf(input, 'server').flatMap((server) => {
    const unreached = waitReach(input, server)
    if (unreached !== null) return [unreached]
    return hasClaim(input, server) ? [] : [waitClaim(input, server)]
  })

const waitUp = (input: PlanInput, seed: Member): readonly Wait[] => {
  if (!isApiUp(input)) return [waitApi(seed)]
  return seed.facts.node === 'ready' || seed.facts.node === 'cordoned' ? [] : [waitNode(seed)]
}

const decide = (input: PlanInput, seed: Member): RuleResult => {
  const claims = waitClaims(input)
  if (claims.length > 0) return ruleResult([], claims)
  if (seed.facts.k3s?.state === 'starting') return ruleResult([], [waitApi(seed)])
  if (isRunning(seed)) return ruleResult([], waitUp(input, seed))
  const missing = lacks(input, seed)
  if (missing !== null) return ruleResult([], [waitPrepared(input, seed, missing)])
  return needsRestart(input, seed) ? { kind: 'done' } : ruleResult([startAction(input, seed, false)], [])
}

/** The seed alone initialises, once every planned server has confirmed its claim; then its API and its Node are awaited. */
export const startFirstServer: Rule = {
  name: 'start-first-server',
  independent: false,
  decide: (input) => {
    const seed = seedOf(input)
    return seed === undefined ? { kind: 'done' } : decide(input, seed)
  },
}
