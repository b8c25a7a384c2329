import { type Action, NameSchema, type PlanInput, say } from '@drover/protocol'
import { makeAction } from './action.ts'
import type { Member } from './members.ts'

/** Gives the etcd member of a joining server its vote, from one that votes; one change with the joiner's start. */
export const promoteAction = (input: PlanInput, promoter: Member, joiner: Member): Action => {
  const { spec, settled } = input
  const params = { cluster: spec.cluster, incarnation: settled.incarnation, member: joiner.id, node: NameSchema.parse(joiner.host.name), ip: settled.node[joiner.id]?.ip ?? '' }
  return { ...makeAction(['etcd.promote', promoter.id], params, say('why.promote', { host: joiner.host.name })), change: joiner.id }
}
