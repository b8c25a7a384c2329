import { type PlanInput, RequestIdSchema, type Rule, say, snapshotOfRequest } from '@drover/protocol'
import { isApiUp } from '../api-up.ts'
import { isOnEtcd } from '../etcd-members.ts'
import { type Member, seedOf } from '../members.ts'
import { isRunning } from '../prepared.ts'
import { firstAfter, hasSnapshot, isPutBack, restoreOf } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { takeAction, type Taking } from '../take-action.ts'
import { waitApi, waitReach } from '../wait.ts'

const asked = (input: PlanInput): readonly Taking[] =>
  input.requests
    .filter(({ kind, state }) => kind === 'snapshot' && state === 'open')
    .map(({ id, askedBy }) => {
      const request = RequestIdSchema.parse(id)
      return { name: snapshotOfRequest(request), why: say('why.snapshot', { who: askedBy }), request }
    })

/** The snapshot before is set aside with its data: the restored cluster gets one of its own, which counts what came back. */
const afterRestore = (input: PlanInput, seed: Member): readonly Taking[] =>
  restoreOf(input) !== undefined && isPutBack(input) && isRunning(seed)
    ? [{ name: firstAfter(input.settled.incarnation), why: say('why.snapshot.after') }]
    : []

/** Takes the snapshots that persons asked for, and the first one of a cluster that was restored, once the API answers. */
export const takeSnapshots: Rule = {
  name: 'take-snapshots',
  independent: true,
  decide: (input) => {
    const seed = seedOf(input)
    if (seed === undefined || isOnEtcd(input)) return { kind: 'done' }
    const wanted = [...asked(input), ...afterRestore(input, seed)].filter(({ name }) => !hasSnapshot(input, seed, name))
    if (wanted.length === 0) return { kind: 'done' }
    const unreached = waitReach(input, seed)
    if (unreached !== null) return ruleResult([], [unreached])
    if (!isApiUp(input)) return ruleResult([], [waitApi(seed)])
    return ruleResult(wanted.map((taking) => takeAction(input, seed, taking)), [])
  },
}
