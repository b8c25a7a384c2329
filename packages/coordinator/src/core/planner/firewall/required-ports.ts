import type { PlanInput, Source } from '@drover/protocol'
import { portSpan } from '@drover/protocol'
import type { Member } from '../members.ts'
import type { Desired } from './ruleset.ts'

/** Whom there is somebody of to dial in for: members of the cluster, people's networks. */
const sourcesOf = (input: PlanInput, { id }: Member): ReadonlySet<Source> => {
  const others = Object.keys(input.settled.roles).filter((key) => key !== id)
  const has = { nodes: others.length > 0, servers: others.some((key) => input.settled.roles[key as Member['id']] === 'server') }
  return new Set<Source>([
    'anyone',
    ...(has.nodes ? ['nodes' as const] : []),
    ...(has.servers ? ['servers' as const] : []),
    ...((input.settled.firewall?.witnesses.length ?? 0) > 0 ? ['admins' as const] : []),
  ])
}

/** Of the TCP ports that must stay open those that somebody can be asked to dial, each of which has to be reached. */
export const requiredPorts = (input: PlanInput, member: Member, { ruleset, keep }: Desired): readonly number[] => {
  const sources = sourcesOf(input, member)
  const spans = ruleset.admit.filter(({ from, proto }) => proto === 'tcp' && sources.has(from)).flatMap(({ ports }) => ports.map(portSpan))
  return keep.filter((port) => spans.some(([first, last]) => first <= port && port <= last))
}
