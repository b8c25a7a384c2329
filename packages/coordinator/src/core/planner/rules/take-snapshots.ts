import { type Action, type PlanInput, type Request, RequestIdSchema, type Rule, say, snapshotOfRequest, SnapshotWishSchema, type Wait } from '@drover/protocol'
import { isApiUp } from '../api-up.ts'
import { isOnEtcd, serversInTurn } from '../etcd-members.ts'
import { type Member, seedOf } from '../members.ts'
import { isRunning } from '../prepared.ts'
import { firstAfter, hasSnapshot, isHeld, isPutBack, restoreOf } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { snapshotServers } from '../snapshot-servers.ts'
import { takeAction, type Taking } from '../take-action.ts'
import { waitApi, waitMember, waitReach } from '../wait.ts'

/** What is taken of which server; null: of none just now. */
type Wanted = { readonly taking: Taking; readonly server: Member | null }

const takingOf = ({ id, askedBy }: Request): Taking => {
  const request = RequestIdSchema.parse(id)
  return { name: snapshotOfRequest(request), why: say('why.snapshot', { who: askedBy }), request }
}

/** What persons asked for, each of the best server that has not failed at it. */
const asked = (input: PlanInput): readonly Wanted[] =>
  input.requests.flatMap((request) => {
    if (request.kind !== 'snapshot' || request.state !== 'open') return []
    const { failed } = SnapshotWishSchema.parse(request.params)
    const taking = takingOf(request)
    return isHeld(input, taking.name) ? [] : [{ taking, server: snapshotServers(input).find(({ id }) => !failed.includes(id)) ?? null }]
  })

/** The snapshot before is set aside with its data: the restored cluster gets one of its own, which counts what came back. */
const afterRestore = (input: PlanInput): readonly Wanted[] => {
  const seed = seedOf(input)
  if (seed === undefined || restoreOf(input) === undefined || !isPutBack(input) || !isRunning(seed)) return []
  const name = firstAfter(input)
  if (hasSnapshot(input, seed, name)) return []
  return [{ taking: { name, why: say('why.snapshot.after') }, server: snapshotServers(input).find(({ id }) => id === seed.id) ?? null }]
}

/** What keeps a snapshot from being taken: whoever is to take it cannot be reached, or the API does not answer, or no member votes. */
const waitFor = (input: PlanInput, { server }: Wanted): Wait | null => {
  const awaited = server ?? serversInTurn(input)[0]
  if (awaited === undefined) return null
  const unreached = waitReach(input, awaited)
  if (unreached !== null) return unreached
  if (server === null) return waitMember(awaited)
  return isOnEtcd(input) || isApiUp(input) ? null : waitApi(awaited)
}

const decide = (input: PlanInput, wanted: readonly Wanted[]): ReturnType<Rule['decide']> => {
  const actions: Action[] = []
  const waits = new Map<string, Wait>()
  for (const one of wanted) {
    const wait = waitFor(input, one)
    if (wait !== null) waits.set(wait.key, wait)
    else if (one.server !== null) actions.push(takeAction(input, one.server, one.taking))
  }
  return ruleResult(actions, [...waits.values()])
}

/** Takes the snapshots that persons asked for, and the first one of a cluster that was restored; on SQLite once the API answers. */
export const takeSnapshots: Rule = {
  name: 'take-snapshots',
  independent: true,
  decide: (input) => decide(input, [...asked(input), ...afterRestore(input)]),
}
