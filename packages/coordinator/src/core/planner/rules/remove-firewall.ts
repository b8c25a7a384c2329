import { type Action, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, membersOf } from '../members.ts'
import { perMember, type Wish } from '../per-member.ts'
import { isUnread } from '../firewall/state.ts'
import { hasFirewall } from '../requests.ts'
import { waitUnread } from '../wait-unread.ts'

const removal = (member: Member, why: 'why.firewall.remove' | 'why.firewall.gone'): Action => makeAction(['firewall.remove', member.id], {}, say(why, { host: member.host.name }))

/** Takes our rules off a host, with all that keeps them, once it can read them. */
export const unguard = (member: Member, why: 'why.firewall.remove' | 'why.firewall.gone'): Wish =>
  isUnread(member) ? { wait: waitUnread(member) } : { action: removal(member, why) }

/** A spec without a firewall wants none: what Drover made is taken away, what others made is not touched. */
export const removeFirewall: Rule = {
  name: 'remove-firewall',
  independent: true,
  decide: (input) =>
    input.spec.firewall === undefined ? perMember(input, membersOf(input).filter(hasFirewall), (member) => unguard(member, 'why.firewall.remove')) : { kind: 'done' },
}
