import { type Rule, say } from '@drover/protocol'
import { isApiUp } from '../api-up.ts'
import { isOnEtcd, isStuck, promoterOf } from '../etcd-members.ts'
import { removeMemberAction } from '../leave-actions.ts'
import { stayersOf } from '../members.ts'
import { perMember } from '../per-member.ts'

/** Takes learners out that nobody brings to a vote any more, so that the next server can join. They have no vote to lose. */
export const removeLearners: Rule = {
  name: 'remove-learners',
  independent: true,
  decide: (input) => {
    if (!isOnEtcd(input) || !isApiUp(input)) return { kind: 'done' }
    const stuck = stayersOf(input, 'server').filter((server) => isStuck(input, server)).slice(0, 1)
    return perMember(input, stuck.flatMap((learner) => promoterOf(input, learner.id) ?? []), (by) => {
      const [learner] = stuck
      return learner === undefined ? null : { action: removeMemberAction({ input, leaver: learner, by }, 'learner', say('why.etcd.remove.learner', { host: learner.host.name })) }
    })
  },
}
