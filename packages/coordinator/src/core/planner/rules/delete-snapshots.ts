import { DeletionWishSchema, type PlanInput, type Request, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, membersOf } from '../members.ts'
import { perMember, type Wish } from '../per-member.ts'
import { hasSnapshot, isServed } from '../requests.ts'

/** Where no host is named it goes from every server that has it; a named one is asked whatever it has. */
const isOn = (input: PlanInput, member: Member, { params }: Request): boolean => {
  const { snapshot, host } = DeletionWishSchema.parse(params)
  return host === undefined ? hasSnapshot(input, member, snapshot) : host === member.id
}

/** One of a host at a time: whether it is the last good one is judged anew for each. */
const wish = (input: PlanInput, member: Member): Wish => {
  const request = input.requests.find((one) => one.kind === 'delete-snapshot' && one.state === 'open' && !isServed(input, one) && isOn(input, member, one))
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
