import { DeletionWishSchema, type PlanInput, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, membersOf } from '../members.ts'
import { perMember, type Wish } from '../per-member.ts'
import { isServed } from '../requests.ts'

/** One of a host at a time: whether it is the last good one is judged anew for each. */
const wish = (input: PlanInput, member: Member): Wish => {
  const request = input.requests.find(
    (one) => one.kind === 'delete-snapshot' && one.state === 'open' && !isServed(input, one) && DeletionWishSchema.parse(one.params).host === member.id,
  )
  if (request === undefined) return null
  const params = { name: DeletionWishSchema.parse(request.params).snapshot, cluster: input.spec.cluster }
  return { action: makeAction(['snapshot.delete', member.id], params, say('why.snapshot.delete', { who: request.askedBy })) }
}

/** Deletes the snapshots that persons asked to have deleted. */
export const deleteSnapshots: Rule = {
  name: 'delete-snapshots',
  independent: true,
  decide: (input) => perMember(input, membersOf(input), (member) => wish(input, member)),
}
