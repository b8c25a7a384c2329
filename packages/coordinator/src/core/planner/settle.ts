import { type Finding, type HostId, type HostView, type Said, say, type Settled } from '@drover/protocol'
import { holds, parseCidr } from '@drover/protocol'
import { chooseAddress } from './address.ts'
import { isMeasured } from './facts.ts'
import { finding } from './finding.ts'
import { findCutOff } from './findings/cut-off.ts'
import { findLeaving } from './findings/leaving.ts'
import { findServersFit } from './findings/servers-fit.ts'
import { type Assigned, assignRoles } from './roles/assign.ts'
import { isKept } from './roles/candidate.ts'
import { settleEtcd } from './settle-etcd.ts'
import { settleFirewall } from './settle-firewall.ts'
import type { SettleInput } from './settle-input.ts'

/** Every choice made from measurement, who came second, and what speaks against it. */
export type SettleResult = { readonly settled: Settled; readonly runnersUp: readonly Said[]; readonly findings: readonly Finding[] }

type Addresses = { readonly node: Settled['node']; readonly why: readonly Said[]; readonly findings: readonly Finding[] }
type Place = Settled['node'][HostId]

type Answer = { readonly place: Place | null; readonly why: Said | null; readonly found: Finding | null }

const without = (said: Said, id: HostId): Answer => ({ place: null, why: null, found: finding('fatal', said, [id]) })

/** The address of a member stays; that the spec now names another network is said. */
const keptAddress = ({ previous, view, spec }: SettleInput, id: HostId): Answer | null => {
  const place = previous?.node[id]
  if (previous === null || place === undefined || !isKept(view, previous, id)) return null
  const cidr = parseCidr(spec.network.node ?? '')
  const moved = cidr !== null && !holds(cidr, place.ip)
  return { place, why: null, found: moved ? finding('fatal', say('finding.immutable', { field: 'network.node', was: place.ip }), [id]) : null }
}

const freshAddress = (input: SettleInput, host: HostView, id: HostId): Answer => {
  const { node: network, pods } = input.spec.network
  if (!isMeasured(host, input.now)) return without(say('finding.no-inventory', { host: host.name }), id)
  const chosen = chooseAddress(host, { network, family: parseCidr(pods)?.family ?? 4 })
  if (chosen !== null) return { place: { ip: chosen.ip, iface: chosen.iface }, why: chosen.why, found: null }
  const where = network ?? `the network of its default route (${host.measured?.value.defaultInterface ?? 'there is none: name network.node'})`
  return without(say('finding.no-address', { host: host.name, network: where }), id)
}

const addressOf = (input: SettleInput, id: HostId): Answer => {
  const host = input.view.hosts[id]
  const kept = keptAddress(input, id)
  if (kept !== null) return kept
  return host === undefined ? { place: null, why: null, found: null } : freshAddress(input, host, id)
}

const chooseAddresses = (input: SettleInput, ids: readonly HostId[]): Addresses => {
  const answers = ids.map((id) => [id, addressOf(input, id)] as const)
  return {
    node: Object.fromEntries(answers.flatMap(([id, { place }]) => (place === null ? [] : [[id, place] as const]))),
    why: answers.flatMap(([, { why }]) => (why === null ? [] : [why])),
    findings: answers.flatMap(([, { found }]) => (found === null ? [] : [found])),
  }
}

/** The seed of a cluster that exists stays while it is a member; else the first server that was chosen. */
const chooseSeed = ({ previous }: SettleInput, { roles, leaving }: Assigned): HostId => {
  if (previous !== null && roles.get(previous.seed) === 'server') return previous.seed
  return [...roles].find(([id, role]) => role === 'server' && !leaving.has(id))?.[0] ?? ('' as HostId)
}

/** An address that kubeconfigs name stays while a server has it, also where the cluster goes on from another one. */
const keptEndpoint = ({ previous }: SettleInput, servers: readonly (string | undefined)[]): string | undefined =>
  previous !== null && servers.includes(previous.apiEndpoint) ? previous.apiEndpoint : undefined

const distinctSaid = (all: readonly Said[]): readonly Said[] => [...new Map(all.map((one) => [JSON.stringify(one), one])).values()]

/** Why those who stay were chosen when they were. */
const earlierWhy = ({ previous, view }: SettleInput): readonly Said[] => {
  if (previous === null) return []
  const ids = Object.keys(previous.roles) as HostId[]
  const stays = new Set(ids.filter((id) => isKept(view, previous, id)).map((id) => view.hosts[id]?.name))
  return previous.why.filter(({ code, args }) => !code.startsWith('firewall.') && typeof args['host'] === 'string' && stays.has(args['host']))
}

const whyEndpoint = (named: string | undefined, endpoint: string): Said => {
  if (named !== undefined) return say('endpoint.spec', { endpoint })
  return endpoint === '' ? say('endpoint.none') : say('endpoint.first', { endpoint })
}

/** Servers first, then agents, each in the order of choice: the order in which hosts are planned and shown. */
const inOrder = (roles: Assigned['roles']): Settled['roles'] => {
  const entries = [...roles]
  return Object.fromEntries([...entries.filter(([, role]) => role === 'server'), ...entries.filter(([, role]) => role === 'agent')])
}

/** What the spec names, else the address that kubeconfigs have already, else the first server's. */
const chooseEndpoint = (input: SettleInput, { roles, seed, node }: Pick<Settled, 'roles' | 'seed' | 'node'>): string => {
  const servers = (Object.keys(roles) as HostId[]).filter((id) => roles[id] === 'server')
  return input.spec.apiEndpoint ?? keptEndpoint(input, servers.map((id) => node[id]?.ip)) ?? node[seed]?.ip ?? ''
}

/**
 * Chooses once, before the forecast, whatever depends on measurement: roles, addresses, seed and API endpoint. With what was
 * settled before, members keep role and address however they measure now.
 */
export const settle = (input: SettleInput): SettleResult => {
  const assigned = assignRoles(input)
  const roles = inOrder(assigned.roles)
  const ids = Object.keys(roles) as HostId[]
  const seed = chooseSeed(input, assigned)
  const addresses = chooseAddresses(input, ids)
  const apiEndpoint = chooseEndpoint(input, { roles, seed, node: addresses.node })
  const etcd = settleEtcd(input, roles)
  const guard = settleFirewall(input, { roles, node: addresses.node })
  const settled: Settled = {
    incarnation: input.incarnation,
    seed,
    roles,
    ...(assigned.leaving.size === 0 ? {} : { leaving: [...assigned.leaving].toSorted() }),
    node: addresses.node,
    apiEndpoint,
    artifacts: input.artifacts,
    ...(etcd === null ? {} : { etcd: etcd.timing }),
    ...(guard === null ? {} : { firewall: guard.firewall }),
    why: distinctSaid([...earlierWhy(input), ...assigned.why, ...addresses.why, whyEndpoint(input.spec.apiEndpoint, apiEndpoint), ...(etcd === null ? [] : [etcd.why]), ...(guard?.why ?? [])]),
  }
  const findings = [...findServersFit(input, settled), ...findLeaving(input, settled), ...assigned.findings, ...addresses.findings, ...findCutOff(input, settled)]
  return { settled, runnersUp: assigned.runnersUp, findings }
}
