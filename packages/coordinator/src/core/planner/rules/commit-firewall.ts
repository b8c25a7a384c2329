import { type PlanInput, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { isOnTrial, wantedOf } from '../firewall/state.ts'
import { type Member, membersOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'
import { waitDoubt, waitWitness } from '../wait-witness.ts'

const wish = (input: PlanInput, member: Member): Wish => {
  const wanted = wantedOf(input, member)
  if (wanted === null || !isOnTrial(input, member)) return null
  if (member.host.doubt !== undefined) return { wait: waitDoubt(member, member.host.doubt) }
  if (member.facts.witnessed !== wanted.rules) return { wait: waitWitness(input, member, wanted) }
  return { action: makeAction(['firewall.commit', member.id], { rules: wanted.rules }, say('why.firewall.commit', { host: member.host.name })) }
}

/** Makes rules that are on trial lasting once somebody has reached the host from outside through them; until then that is waited for. */
export const commitFirewall: Rule = {
  name: 'commit-firewall',
  independent: true,
  decide: (input) => perMember(input, membersOf(input), (member) => wish(input, member)),
}
