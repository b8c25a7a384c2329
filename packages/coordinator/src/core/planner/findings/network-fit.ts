import { type Finding, type HostId, type PlanInput, say } from '@drover/protocol'
import { type Cidr, isShared, parseCidr } from '@drover/protocol'
import { finding } from '../finding.ts'
import { type Member, membersOf } from '../members.ts'

/** The controller gives each node a /24 of IPv4 pods, a /64 of IPv6 pods. */
const NODE_PREFIX = { 4: 24, 6: 64 } as const

const findRoom = (input: PlanInput, hosts: number): readonly Finding[] => {
  const pods = parseCidr(input.spec.network.pods)
  if (pods === null) return []
  const room = 2 ** Math.max(0, Math.min(30, NODE_PREFIX[pods.family] - pods.prefix))
  return room >= hosts ? [] : [finding('fatal', say('finding.cidr-small', { field: 'network.pods', cidr: input.spec.network.pods, room, hosts }))]
}

type Range = { readonly field: string; readonly text: string; readonly cidr: Cidr }

const rangesOf = (input: PlanInput): readonly Range[] => {
  const { pods, services } = input.spec.network
  return ([['network.pods', pods], ['network.services', services]] as const).flatMap(([field, text]) => {
    const cidr = parseCidr(text)
    return cidr === null ? [] : [{ field, text, cidr }]
  })
}

const findOverlaps = (ranges: readonly Range[], { id, host, facts }: Member): readonly Finding[] => {
  if (facts.k3s?.wasActive === true) return []
  return (host.measured?.value.addresses ?? []).flatMap((address) => {
    const network = `${address.ip}/${address.prefix}`
    const own = parseCidr(network)
    return ranges
      .filter(({ cidr }) => own !== null && isShared(cidr, own))
      .map(({ field, text }) => finding('fatal', say('finding.cidr-overlap', { host: host.name, field, cidr: text, network }), [id]))
  })
}

const findSameAddress = (input: PlanInput, members: readonly Member[]): readonly Finding[] => {
  const holder = new Map<string, Member>()
  const findings: Finding[] = []
  for (const member of members) {
    const ip = input.settled.node[member.id]?.ip ?? ''
    if (ip === '') continue
    const other = holder.get(ip)
    const on: HostId[] = [member.id]
    if (other === undefined) holder.set(ip, member)
    else findings.push(finding('fatal', say('finding.same-address', { host: member.host.name, other: other.host.name, ip }), on))
  }
  return findings
}

/** Pod and service ranges against the hosts: room for all of them, no overlap with a network that a host is on; and no address twice. */
export const findNetworkFit = (input: PlanInput): readonly Finding[] => {
  const members = membersOf(input)
  const ranges = rangesOf(input)
  return [...findRoom(input, members.length), ...findSameAddress(input, members), ...members.flatMap((member) => findOverlaps(ranges, member))]
}
