import type { HostId, PlanInput, Settled } from '@drover/protocol'
import { isLeaving, type Member, membersOf } from './members.ts'
import { hasFirewall, holdsAnything } from './requests.ts'

/** True once nothing of the cluster is left on a host that leaves, nor anything of the host in the cluster, as far as that is known. */
const hasLeft = (input: PlanInput, member: Member): boolean => {
  const { host, facts } = member
  const isOut = host.facts.node?.value === 'absent' && facts.listed === 'none'
  return isLeaving(input, member.id) && isOut && !holdsAnything(member, input.spec.cluster) && !hasFirewall(member)
}

/** Settled choices are one object for as long as they hold: what is worked out for them is found by it. */
const KNOWN = new WeakMap<Settled, Map<string, Settled>>()

const drop = (settled: Settled, gone: readonly HostId[]): Settled => {
  const { leaving = [], roles, node, ...rest } = settled
  const without = <T>(of: Readonly<Record<HostId, T>>): Readonly<Record<HostId, T>> => Object.fromEntries(Object.entries(of).filter(([id]) => !gone.includes(id as HostId))) as Readonly<Record<HostId, T>>
  const left = leaving.filter((id) => !gone.includes(id))
  return { ...rest, roles: without(roles), node: without(node), ...(left.length === 0 ? {} : { leaving: left }) }
}

/** The settled choices without the hosts that have left; the same object for the same hosts. */
export const settledWithoutLeft = (input: PlanInput): Settled => {
  if (input.settled.leaving === undefined) return input.settled
  const gone = membersOf(input).filter((member) => hasLeft(input, member)).map(({ id }) => id)
  if (gone.length === 0) return input.settled
  const known = KNOWN.get(input.settled) ?? new Map<string, Settled>()
  KNOWN.set(input.settled, known)
  const made = known.get(gone.join()) ?? drop(input.settled, gone)
  known.set(gone.join(), made)
  return made
}

/** What is planned on: a cluster without the hosts that have left it. */
export const withoutLeft = (input: PlanInput): PlanInput => {
  const settled = settledWithoutLeft(input)
  return settled === input.settled ? input : { ...input, settled }
}
