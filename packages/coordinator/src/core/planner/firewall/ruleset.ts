import { type Admit, canonicalMembers, canonicalRuleset, type ClusterSpec, type HostId, type Members, type MembersRef, type PlanInput, refOf, type Role, rulesDigest, type Ruleset, type Settled } from '@drover/protocol'
import { clusterPorts, nodePortRange, ownTcpPorts } from './cluster-ports.ts'

/** What the firewall of one host shall be, with both of its identities. */
export type Desired = {
  readonly ruleset: Ruleset
  readonly rules: string
  readonly members: string
  /** The members as actions name them. */
  readonly ref: MembersRef
  /** TCP ports that must stay reachable for somebody: those that a witness dials. */
  readonly keep: readonly number[]
}

type Sources = { readonly list: Members; readonly ref: MembersRef }
type Known = { readonly spec: ClusterSpec; readonly sources: Sources; readonly hosts: Map<HostId, Desired | null> }

/** Settled choices are one object for as long as they hold: what follows from them is worked out once, also for a thousand hosts. */
const KNOWN = new WeakMap<Settled, Known>()

const addressesOf = (settled: Settled, only?: Role): string[] =>
  (Object.keys(settled.roles) as HostId[]).filter((id) => only === undefined || settled.roles[id] === only).flatMap((id) => settled.node[id]?.ip ?? [])

const MEMBERS = new WeakMap<Settled, Sources>()

/** The members of a settled cluster, as a list and by its digest: one list for as long as the same choices hold. */
export const settledMembers = (settled: Settled): Sources => {
  const known = MEMBERS.get(settled)
  if (known !== undefined) return known
  const list = canonicalMembers({ nodes: addressesOf(settled), servers: addressesOf(settled, 'server') })
  const made = { list, ref: refOf(list) }
  MEMBERS.set(settled, made)
  return made
}

const admitsOf = (spec: ClusterSpec, firewall: NonNullable<ClusterSpec['firewall']>, of: { readonly role: Role; readonly coordinator: number | null }): Admit[] => {
  const { role, coordinator } = of
  const isHere = (on: 'all' | 'servers' | 'agents'): boolean => on === 'all' || on === `${role}s`
  const range = nodePortRange(spec)
  const nodePorts = firewall.nodePorts
  return [
    { from: 'admins', proto: 'tcp', ports: firewall.ssh },
    ...clusterPorts(spec, role),
    ...(coordinator === null ? [] : (['nodes', 'admins'] as const).map((from) => ({ from, proto: 'tcp' as const, ports: [coordinator] }))),
    ...(nodePorts === 'none' ? [] : (['tcp', 'udp'] as const).map((proto) => ({ from: nodePorts, proto, ports: [range] }))),
    ...firewall.expose.filter(({ on }) => isHere(on)).map(({ to, proto, ports }) => ({ from: to, proto, ports })),
  ]
}

const makeDesired = (input: Pick<PlanInput, 'spec' | 'settled'>, sources: Sources, id: HostId): Desired | null => {
  const { spec, settled } = input
  const { firewall, network } = spec
  const role = settled.roles[id]
  const host = settled.firewall?.hosts[id]
  if (firewall === undefined || role === undefined || host === undefined) return null
  const rules = canonicalRuleset({
    guarded: [...host.guarded],
    nodes: [],
    servers: [],
    admins: firewall.admins,
    admit: admitsOf(spec, firewall, { role, coordinator: host.coordinator }),
    overlay: [network.pods, network.services],
  })
  const ruleset: Ruleset = { ...rules, ...sources.list }
  const keep = [...new Set([...firewall.ssh, ...ownTcpPorts(spec, role), ...(host.coordinator === null ? [] : [host.coordinator])])].toSorted((a, b) => a - b)
  return { ruleset, rules: rulesDigest(ruleset), members: sources.ref.digest, ref: sources.ref, keep }
}

/** The firewall that spec, settled choices and membership give a host; null where the spec has none. The same input always gives the same. */
export const desiredFirewall = (input: Pick<PlanInput, 'spec' | 'settled'>, id: HostId): Desired | null => {
  let known = KNOWN.get(input.settled)
  if (known?.spec !== input.spec) {
    known = { spec: input.spec, sources: settledMembers(input.settled), hosts: new Map() }
    KNOWN.set(input.settled, known)
  }
  const found = known.hosts.get(id)
  if (found !== undefined) return found
  const made = makeDesired(input, known.sources, id)
  known.hosts.set(id, made)
  return made
}
