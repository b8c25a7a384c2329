import type { Artifacts, HostId, PlanInput, SysctlValues } from '@drover/protocol'
import { KUBELET_SYSCTLS, parseCidr, renderConfig, sysctlsUnlike } from '@drover/protocol'
import { optionsFor } from '../spec/options.ts'
import { startedServers } from './etcd-members.ts'
import { desiredFirewall } from './firewall/ruleset.ts'
import { isGuarded } from './firewall/state.ts'
import { hostConfig } from './host-config.ts'
import { isLeaving, type Member } from './members.ts'
import { registrarOf } from './registrar.ts'

/** The hashes that a host's architecture installs; undefined where none are known. */
export const artifactsOf = (input: PlanInput, member: Member): Artifacts | undefined => input.settled.artifacts[member.host.arch]

/** True where the settled binary and images are on the host. */
export const hasBinary = (input: PlanInput, member: Member): boolean => {
  const wanted = artifactsOf(input, member)
  const { binary, images } = member.facts
  return wanted !== undefined && binary?.sha256 === wanted.binary && wanted.images.every(({ name, sha256 }) => images[name] === sha256)
}

/** True where the host's claim names this cluster, this incarnation and the settled seed. */
export const hasClaim = (input: PlanInput, { facts: { claim } }: Member): boolean =>
  claim !== null &&
  claim.cluster === input.spec.cluster &&
  claim.incarnation === input.settled.incarnation &&
  claim.seed === input.settled.seed

/** True where settings and claim on the host are those that the spec gives it. */
export const hasConfig = (input: PlanInput, member: Member): boolean =>
  member.facts.config !== null && hasClaim(input, member) && member.facts.config.text === renderConfig(hostConfig(input, member.id))

/** The servers whose firewall a member has to pass before it starts: an agent joins by one, an etcd member speaks to all others. */
const doorsOf = (input: PlanInput, { id, role }: Member): readonly HostId[] => {
  if (role === 'agent') return [registrarOf(input, id) ?? input.settled.seed]
  return startedServers(input).map((server) => server.id).filter((server) => server !== id && !isLeaving(input, server))
}

/** True where those servers let a member in: their firewall, if they have one, knows the addresses of all members. */
const isLetIn = (input: PlanInput, member: Member): boolean =>
  doorsOf(input, member).every((door) => {
    const wanted = desiredFirewall(input, door)
    return wanted === null || input.view.hosts[door]?.facts.firewall?.value.active?.members === wanted.members
  })

/** The kernel values that a role's kubelet insists on; none where the spec does not turn protect-kernel-defaults on for it. */
export const wantedSysctls = (input: PlanInput, { role }: Pick<Member, 'role'>): SysctlValues =>
  optionsFor(input.spec, role)['protect-kernel-defaults'] === true ? KUBELET_SYSCTLS : {}

/** True where the kernel has the values that the host's kubelet insists on, and will have them after a boot. */
export const hasSysctls = (input: PlanInput, member: Member): boolean => {
  const wanted = wantedSysctls(input, member)
  const { now, kept } = member.facts.sysctls
  return sysctlsUnlike(wanted, now).length === 0 && sysctlsUnlike(wanted, kept).length === 0
}

/** True where the host has an IPv4 default route, its own or the one that Drover makes, or its cluster has no IPv4 services. */
export const hasRoute = (input: PlanInput, { facts }: Member): boolean => facts.route !== 'none' || parseCidr(input.spec.network.services)?.family !== 4

/** What a host still lacks before it may be started, in words of the wait; null where it lacks nothing. */
export const lacks = (input: PlanInput, member: Member): string | null => {
  const has = {
    binary: hasBinary(input, member),
    'kernel values': hasSysctls(input, member),
    settings: hasConfig(input, member),
    'default route': hasRoute(input, member),
    firewall: isGuarded(input, member),
    "its address in the servers' firewall": isLetIn(input, member),
  }
  const missing = Object.entries(has).flatMap(([what, isThere]) => (isThere ? [] : [what]))
  return missing.length === 0 ? null : missing.join(', ')
}

/** True while the unit runs and was started with what is on the disk now. */
export const isRunning = ({ facts: { k3s } }: Member): boolean => k3s !== null && k3s.current && (k3s.state === 'active' || k3s.state === 'starting')
