import type { PlanInput } from '@drover/protocol'
import type { Member } from '../members.ts'
import { type Desired, desiredFirewall } from './ruleset.ts'

/** What the spec wants of a member's firewall; null where it wants none. */
export const wantedOf = (input: PlanInput, member: Member): Desired | null => desiredFirewall(input, member.id)

/** True where the host cannot read its firewall: nothing is decided on it then, neither that rules are there nor that they are not. */
export const isUnread = ({ facts }: Member): boolean => facts.firewall.unread !== null

/** True where the rules that are wanted are in force and confirmed, or none are wanted. */
export const isConfirmed = (input: PlanInput, member: Member): boolean => {
  const wanted = wantedOf(input, member)
  return wanted === null || member.facts.firewall.active?.rules === wanted.rules
}

/** True while the rules that are wanted are on trial: in force, but taken back by the host itself unless they are confirmed. */
export const isOnTrial = (input: PlanInput, member: Member): boolean => {
  const wanted = wantedOf(input, member)
  return wanted !== null && !isConfirmed(input, member) && member.facts.firewall.staged?.rules === wanted.rules
}

/** True where rules and members are those that are wanted, or none are. */
export const isGuarded = (input: PlanInput, member: Member): boolean =>
  isConfirmed(input, member) && isUpToDate(input, member)

/** True where the addresses that the firewall knows as nodes are those of the members. */
export const isUpToDate = (input: PlanInput, member: Member): boolean => {
  const wanted = wantedOf(input, member)
  return wanted === null || member.facts.firewall.active?.members === wanted.members
}
