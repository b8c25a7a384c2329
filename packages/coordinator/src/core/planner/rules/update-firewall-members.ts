import { type PlanInput, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { isConfirmed, isUpToDate, wantedOf } from '../firewall/state.ts'
import { type Member, membersOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'

const wish = (input: PlanInput, member: Member): Wish => {
  const wanted = wantedOf(input, member)
  if (wanted === null || !isConfirmed(input, member) || isUpToDate(input, member)) return null
  return { action: makeAction(['firewall.members', member.id], { rules: wanted.rules, members: wanted.ref }, say('why.firewall.members', { host: member.host.name })) }
}

/** Lets new members in and old ones out, by address, where the rules themselves are as they should be. */
export const updateFirewallMembers: Rule = {
  name: 'update-firewall-members',
  independent: true,
  decide: (input) => perMember(input, membersOf(input), (member) => wish(input, member)),
}
