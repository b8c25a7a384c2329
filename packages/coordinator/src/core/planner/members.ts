import type { HostFacts, HostId, HostView, PlanInput, Role } from '@drover/protocol'
import { lastKnown } from './facts.ts'

/** A host of the cluster with its part in it and the facts it was last seen with. */
export type Member = { readonly id: HostId; readonly role: Role; readonly host: HostView; readonly facts: HostFacts }

/** The settled hosts that are in the view, in the order in which they were settled; of one role where it is given. */
export const membersOf = (input: PlanInput, only?: Role): readonly Member[] => {
  const members: Member[] = []
  for (const [key, role] of Object.entries(input.settled.roles)) {
    const id = key as HostId
    const host = input.view.hosts[id]
    if (host !== undefined && (only === undefined || only === role)) members.push({ id, role, host, facts: lastKnown(host) })
  }
  return members
}

/** The host that alone may initialise; undefined where the view lacks it. */
export const seedOf = (input: PlanInput): Member | undefined => membersOf(input, 'server').find((member) => member.id === input.settled.seed)
