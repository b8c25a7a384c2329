import { type PlanInput, type Rule, type RuleResult, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { isApiUp } from '../api-up.ts'
import { isToGrow } from '../etcd-members.ts'
import { movedConfig } from '../host-config.ts'
import { type Member, seedOf } from '../members.ts'
import { perMember, type Wish } from '../per-member.ts'
import { lacks } from '../prepared.ts'
import { freeName, hasSnapshot } from '../requests.ts'
import { needsRestart } from '../start-action.ts'
import { takeAction } from '../take-action.ts'
import { waitApi, waitPrepared } from '../wait.ts'

/** The name of the snapshot from before the move. */
export const beforeMove = (incarnation: number): string => `before-etcd-${String(incarnation)}`

const wish = (input: PlanInput, seed: Member): Wish => {
  const missing = lacks(input, seed)
  if (missing !== null) return { wait: waitPrepared(input, seed, missing) }
  if (!isApiUp(input)) return { wait: waitApi(seed) }
  const { incarnation } = input.settled
  const name = freeName(input, beforeMove(incarnation))
  if (!hasSnapshot(input, seed, name)) return { action: takeAction(input, seed, { name, why: say('why.snapshot.to-etcd') }) }
  const params = { cluster: input.spec.cluster, incarnation, config: movedConfig(input) }
  return { action: makeAction(['k3s.to-etcd', seed.id], params, say('why.to-etcd', { host: seed.host.name })) }
}

const decide = (input: PlanInput, seed: Member): RuleResult => perMember(input, [seed], () => wish(input, seed))

/** The seed of a cluster on SQLite goes to etcd where the spec asks for it: with a snapshot from before, and as it runs now, so that a restart comes first. */
export const growToEtcd: Rule = {
  name: 'grow-to-etcd',
  independent: false,
  decide: (input) => {
    const seed = seedOf(input)
    return seed === undefined || !isToGrow(input) || needsRestart(input, seed) ? { kind: 'done' } : decide(input, seed)
  },
}
