import type { HostFacts, HostId, HostView, PlanInput, Role } from '@drover/protocol'
import { lastKnown } from './facts.ts'

/** A host of the cluster with its part in it and the facts it was last seen with. */
export type Member = { readonly id: HostId; readonly role: Role; readonly host: HostView; readonly facts: HostFacts }

/** Each rule asks for them, so that they are put together once for an input; nothing of it is ever changed. */
const KNOWN = new WeakMap<PlanInput, readonly Member[]>()

/** The settled hosts that are in the view, in the order in which they were settled; of one role where it is given. */
export const membersOf = (input: PlanInput, only?: Role): readonly Member[] => {
  const all = KNOWN.get(input) ?? readMembers(input)
  KNOWN.set(input, all)
  return only === undefined ? all : all.filter(({ role }) => role === only)
}

/** True for a member that the spec no longer means. */
export const isLeaving = ({ settled }: Pick<PlanInput, 'settled'>, id: HostId): boolean => settled.leaving?.includes(id) === true

/** The members that stay; of one role where it is given. */
export const stayersOf = (input: PlanInput, only?: Role): readonly Member[] => (input.settled.leaving === undefined ? membersOf(input, only) : membersOf(input, only).filter(({ id }) => !isLeaving(input, id)))

const readMembers = (input: PlanInput): readonly Member[] => {
  const members: Member[] = []
  for (const [key, role] of Object.entries(input.settled.roles)) {
    const id = key as HostId
    const host = input.view.hosts[id]
    if (host !== undefined) members.push({ id, role, host, facts: lastKnown(host) })
  }
  return members
}

/** The host that alone may initialise; undefined where the view lacks it. */
export const seedOf = (input: PlanInput): Member | undefined => membersOf(input, 'server').find((member) => member.id === input.settled.seed)
