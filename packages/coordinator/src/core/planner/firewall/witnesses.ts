import type { HostId, PlanInput, Witness } from '@drover/protocol'
import type { Member } from '../members.ts'

/** How many witnesses are named, and asked at a time. */
export const WITNESSES = 3

const siteOf = ({ view }: PlanInput, id: HostId): string => view.hosts[id]?.labels['site'] ?? ''

/** The members after one, then those before it, so that a thousand hosts do not all ask the same three. */
const othersFrom = (input: PlanInput, id: HostId): readonly HostId[] => {
  const ids = Object.keys(input.settled.roles) as HostId[]
  const at = ids.indexOf(id)
  return [...ids.slice(at + 1), ...ids.slice(0, Math.max(0, at))].filter((other) => input.view.hosts[other] !== undefined)
}

/** True where there is anybody who could bear witness for a member. */
export const hasWitness = ({ settled, view }: PlanInput, { id }: Member): boolean => {
  if ((settled.firewall?.witnesses.length ?? 0) > 0) return true
  for (const other in settled.roles) if (other !== id && view.hosts[other as HostId] !== undefined) return true
  return false
}

/**
 * Who could bear witness for a host, best first: those who may reach its SSH, then members of other sites, then the others.
 * Whether they are connected is not asked here.
 */
export const witnessesFor = (input: PlanInput, { id }: Member): readonly Witness[] => {
  const others = othersFrom(input, id)
  const site = siteOf(input, id)
  const away = others.filter((other) => siteOf(input, other) !== site)
  const near = others.filter((other) => siteOf(input, other) === site)
  return [...(input.settled.firewall?.witnesses ?? []), ...away, ...near]
}

const nameOf = ({ settled, view }: PlanInput, witness: Witness): string => {
  if (witness === 'coordinator') return 'the coordinator'
  return witness === 'operator' ? `the drover command at ${settled.firewall?.operator ?? ''}` : (view.hosts[witness]?.name ?? witness)
}

/** The names of the witnesses that would be asked first, for people. */
export const witnessNames = (input: PlanInput, member: Member): string => {
  const first = witnessesFor(input, member).slice(0, WITNESSES)
  return first.map((witness) => nameOf(input, witness)).join(', ') || 'nobody'
}
