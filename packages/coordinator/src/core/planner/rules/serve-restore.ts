import { type Action, type PlanInput, type Request, RequestIdSchema, RestoreWishSchema, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { isOnEtcd } from '../etcd-members.ts'
import { type Member, seedOf } from '../members.ts'
import { absentOlder } from '../older-servers.ts'
import { perMember } from '../per-member.ts'
import { hasSnapshot, isPutBack, restoreOf } from '../requests.ts'
import { ruleResult } from '../rule-result.ts'
import { waitAbsent } from '../wait-absent.ts'

/** What the host no longer has comes from its copy first. */
const restore = (input: PlanInput, seed: Member, request: Request): Action => {
  const { cluster } = input.spec
  const { incarnation } = input.settled
  const { fetch, snapshot, sha256 } = RestoreWishSchema.parse(request.params)
  const id = RequestIdSchema.parse(request.id)
  if (fetch !== undefined && !hasSnapshot(input, seed, fetch.name)) {
    return makeAction(['snapshot.fetch', seed.id], { snapshot: fetch, request: id }, say('why.snapshot.fetch', { host: seed.host.name }))
  }
  const params = { snapshot, sha256, cluster, incarnation, seed: seed.id, datastore: isOnEtcd(input) ? 'etcd' as const : 'sqlite' as const, request: id }
  return makeAction(['k3s.restore', seed.id], params, say('why.restore', { who: request.askedBy }))
}

/**
 * Puts the snapshot that was asked for in the place of the seed's data. Until it is there every other rule rests, then they bring
 * the cluster up. On etcd the other members go on meanwhile: where the snapshot is at fault, nothing is lost.
 */
export const serveRestore: Rule = {
  name: 'serve-restore',
  independent: false,
  decide: (input) => {
    const request = restoreOf(input)
    const seed = seedOf(input)
    if (request === undefined || seed === undefined || isPutBack(input)) return { kind: 'done' }
    const absent = waitAbsent(absentOlder(input, request))
    if (absent.length > 0) return ruleResult([], absent)
    return perMember(input, [seed], () => ({ action: restore(input, seed, request) }))
  },
}
