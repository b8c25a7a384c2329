import type { HostId, PlanInput, Witness } from '@drover/protocol'
import { type Member, membersOf } from '../members.ts'

/** How many witnesses are named, and asked at a time. */
export const WITNESSES = 3

const siteOf = ({ host }: Member): string => host.labels['site'] ?? ''

/** The members after one, then those before it, so that a thousand hosts do not all ask the same three. */
const othersFrom = (input: PlanInput, id: HostId): readonly Member[] => {
  const members = membersOf(input)
  const at = members.findIndex((member) => member.id === id)
  return [...members.slice(at + 1), ...members.slice(0, Math.max(0, at))]
}

/**
 * Who could bear witness for a host, best first: those who may reach its SSH, then members of other sites, then the others.
 * Whether they are connected is not asked here.
 */
export const witnessesFor = (input: PlanInput, member: Member): readonly Witness[] => {
  const others = othersFrom(input, member.id)
  const away = others.filter((other) => siteOf(other) !== siteOf(member))
  const near = others.filter((other) => siteOf(other) === siteOf(member))
  return [...(input.settled.firewall?.witnesses ?? []), ...away.map(({ id }) => id), ...near.map(({ id }) => id)]
}

/** The names of the witnesses that would be asked first, for people. */
export const witnessNames = (input: PlanInput, member: Member): string => {
  const first = witnessesFor(input, member).slice(0, WITNESSES)
  return first.map((witness) => (witness === 'coordinator' ? 'the coordinator' : (input.view.hosts[witness]?.name ?? witness))).join(', ') || 'nobody'
}
