import { type Action, type PlanInput, type Request, RequestIdSchema, RestoreWishSchema, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, seedOf } from '../members.ts'
import { perMember } from '../per-member.ts'
import { hasSnapshot, isPutBack, restoreOf } from '../requests.ts'

/** What the host no longer has comes from its copy first. */
const restore = (input: PlanInput, seed: Member, request: Request): Action => {
  const { cluster } = input.spec
  const { incarnation } = input.settled
  const { fetch, ...wish } = RestoreWishSchema.parse(request.params)
  const id = RequestIdSchema.parse(request.id)
  if (fetch !== undefined && !hasSnapshot(input, seed, fetch.name)) {
    return makeAction(['snapshot.fetch', seed.id], { snapshot: fetch, request: id }, say('why.snapshot.fetch', { host: seed.host.name }))
  }
  const params = { ...wish, cluster, incarnation, seed: seed.id, request: id }
  return makeAction(['k3s.restore', seed.id], params, say('why.restore', { who: request.askedBy }))
}

/** Puts the snapshot that was asked for in the place of the seed's data. Until it is there every other rule rests, then they bring the cluster up. */
export const serveRestore: Rule = {
  name: 'serve-restore',
  independent: false,
  decide: (input) => {
    const request = restoreOf(input)
    const seed = seedOf(input)
    if (request === undefined || seed === undefined || isPutBack(input)) return { kind: 'done' }
    return perMember(input, [seed], () => ({ action: restore(input, seed, request) }))
  },
}
