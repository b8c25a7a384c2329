import { type Action, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, membersOf } from '../members.ts'
import { perMember } from '../per-member.ts'

/** True while rules of ours are on the host, for good or on trial. */
export const hasFirewall = ({ facts: { firewall } }: Member): boolean => firewall.active !== null || firewall.staged !== null

/** Takes our rules off a host, with all that keeps them. */
export const removal = (member: Member): Action => makeAction(['firewall.remove', member.id], {}, say('why.firewall.remove', { host: member.host.name }))

/** A spec without a firewall wants none: what Drover made is taken away, what others made is not touched. */
export const removeFirewall: Rule = {
  name: 'remove-firewall',
  independent: true,
  decide: (input) =>
    input.spec.firewall === undefined ? perMember(input, membersOf(input).filter(hasFirewall), (member) => ({ action: removal(member) })) : { kind: 'done' },
}
