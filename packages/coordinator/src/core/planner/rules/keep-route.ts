import { type PlanInput, type Rule, say } from '@drover/protocol'
import { makeAction } from '../action.ts'
import { type Member, stayersOf } from '../members.ts'
import { type Wish, perMember } from '../per-member.ts'
import { hasBinary, hasRoute } from '../prepared.ts'

const wish = (input: PlanInput, member: Member): Wish => {
  const node = input.settled.node[member.id]
  if (node === undefined || !hasBinary(input, member) || hasRoute(input, member)) return null
  const { services } = input.spec.network
  const why = say('why.route', { host: member.host.name, services })
  return { action: makeAction(['route.keep', member.id], { services, iface: node.iface }, why) }
}

/**
 * Every member has an IPv4 default route before k3s starts: its own, else one that Drover makes and keeps. Runs ahead, but after
 * the binary, as the settings do: a deletion finds by the binary what belongs to the cluster.
 */
export const keepRoute: Rule = {
  name: 'keep-route',
  independent: true,
  decide: (input) => perMember(input, stayersOf(input), (member) => wish(input, member)),
}
