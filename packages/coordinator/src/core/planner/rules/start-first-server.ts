import type { PlanInput, Rule, RuleResult, Wait } from '@drover/protocol'
import { isApiUp } from '../api-up.ts'
import { hasStarted, isOnEtcd, startedServers, votes } from '../etcd-members.ts'
import { type Member, membersOf, seedOf } from '../members.ts'
import { hasClaim, isRunning, lacks } from '../prepared.ts'
import { ruleResult } from '../rule-result.ts'
import { needsRestart, startAction } from '../start-action.ts'
import { waitApi, waitClaim, waitMember, waitNode, waitPrepared, waitReach } from '../wait.ts'

/** Every planned server must have confirmed its claim before anything is initialised; who is added later confirms before it joins. */
const waitClaims = (input: PlanInput, seed: Member): readonly Wait[] =>
  (hasStarted(input, seed) ? [seed] : membersOf(input, 'server')).flatMap((server) => {
    const unreached = waitReach(input, server)
    if (unreached !== null) return [unreached]
    return hasClaim(input, server) ? [] : [waitClaim(input, server)]
  })

const waitUp = (input: PlanInput, seed: Member): readonly Wait[] => {
  if (!isApiUp(input)) return [waitApi(seed)]
  if (isOnEtcd(input)) return votes(input, seed.id) ? [] : [waitMember(seed)]
  return seed.facts.node === 'ready' || seed.facts.node === 'cordoned' ? [] : [waitNode(seed)]
}

/** Beside other members the seed is one of them: what it waits for may be theirs to bring, and while it is away they go on. */
const isOneOfMany = (input: PlanInput, seed: Member): boolean =>
  isOnEtcd(input) && hasStarted(input, seed) && startedServers(input).length > 1 && (isRunning(seed) || seed.facts.k3s?.state === 'starting' || waitReach(input, seed) !== null)

const decide = (input: PlanInput, seed: Member): RuleResult => {
  if (isOneOfMany(input, seed)) return { kind: 'done' }
  const claims = waitClaims(input, seed)
  if (claims.length > 0) return ruleResult([], claims)
  if (seed.facts.k3s?.state === 'starting') return ruleResult([], [waitApi(seed)])
  if (isRunning(seed)) return ruleResult([], waitUp(input, seed))
  const missing = lacks(input, seed)
  if (missing !== null) return ruleResult([], [waitPrepared(input, seed, missing)])
  return needsRestart(input, seed) ? { kind: 'done' } : ruleResult([startAction(input, seed, false)], [])
}

/** The seed alone initialises, once every planned server has confirmed its claim; then its API is awaited, and its Node, or on etcd its vote. */
export const startFirstServer: Rule = {
  name: 'start-first-server',
  independent: false,
  decide: (input) => {
    const seed = seedOf(input)
    return seed === undefined ? { kind: 'done' } : decide(input, seed)
  },
}
