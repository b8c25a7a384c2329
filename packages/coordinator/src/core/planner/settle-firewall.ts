import { type HostId, type HostView, holds, parseCidr, type Said, say, type Settled, type SettledFirewall, type Witness } from '@drover/protocol'
import { guardedInterfaces } from './firewall/guarded.ts'
import type { SettleInput } from './settle-input.ts'

/** Addresses that many machines have alike name none of them. */
const SHARED = /^(?:127\.|169\.254\.|172\.17\.|fe80:|::1$)/i

const addressesOf = (host: HostView): readonly string[] => (host.measured?.value.addresses ?? []).map(({ ip }) => ip).filter((ip) => !SHARED.test(ip))

const isAdmin = ({ spec }: SettleInput, addresses: readonly string[]): boolean =>
  (spec.firewall?.admins ?? []).some((text) => {
    const cidr = parseCidr(text)
    return cidr !== null && addresses.some((ip) => holds(cidr, ip))
  })

/** The coordinator's port, where one of its machine's addresses is the host's. */
const coordinatorOn = ({ coordinator }: SettleInput, host: HostView): number | null =>
  coordinator !== undefined && addressesOf(host).some((ip) => coordinator.addresses.includes(ip)) ? coordinator.port : null

type Guarded = SettledFirewall['hosts'][HostId]
type Chosen = Pick<Settled, 'roles' | 'node'>

/** Beside the members whoever stands in a network of the admins can bear witness, also for SSH: the coordinator first, then other hosts. */
const witnessesOf = (input: SettleInput, { roles }: Chosen): readonly Witness[] => {
  const others = Object.entries(input.view.hosts).filter(
    ([id, host]) => !Object.hasOwn(roles, id) && host.state === undefined && host.clone !== true && isAdmin(input, addressesOf(host)),
  )
  const { coordinator } = input
  const self = coordinator !== undefined && isAdmin(input, coordinator.addresses.filter((ip) => !SHARED.test(ip)))
  return [...(self ? ['coordinator' as const] : []), ...others.map(([id]) => id as HostId).toSorted().slice(0, 8)]
}

/**
 * Where nobody else could dial in, the drover command does, if it comes from a network of the admins and from none of the hosts: it has to follow
 * the run for that.
 */
const witnessing = (input: SettleInput, chosen: Chosen): Pick<SettledFirewall, 'witnesses' | 'operator'> => {
  const witnesses = witnessesOf(input, chosen)
  const { operator } = input
  const isAlone = witnesses.length === 0 && Object.keys(chosen.roles).length === 1
  if (!isAlone || operator === undefined || !isAdmin(input, [operator])) return { witnesses }
  const isHost = Object.values(input.view.hosts).some((host) => addressesOf(host).includes(operator))
  return isHost ? { witnesses } : { witnesses: ['operator'], operator }
}

const hostOf = (input: SettleInput, id: HostId, chosen: Chosen): Guarded | null => {
  const host = input.view.hosts[id]
  const iface = chosen.node[id]?.iface
  const before = input.previous?.firewall?.hosts[id] ?? null
  if (host?.measured === undefined || iface === undefined) return before
  const kept = before === null ? [] : before.guarded
  const guarded = [...new Set([...kept, ...guardedInterfaces(host.measured.value, iface)])].toSorted()
  return { guarded, coordinator: coordinatorOn(input, host) }
}

/**
 * Chooses, where the spec has a firewall, which interfaces of each host are guarded, on which of them the coordinator runs, and
 * who beside the members can bear witness. An interface that was guarded stays so. Null without a firewall in the spec.
 */
export const settleFirewall = (input: SettleInput, chosen: Chosen): { readonly firewall: SettledFirewall; readonly why: readonly Said[] } | null => {
  if (input.spec.firewall === undefined) return null
  const hosts: Record<HostId, Guarded> = {}
  const why: Said[] = []
  for (const id of Object.keys(chosen.roles) as HostId[]) {
    const host = hostOf(input, id, chosen)
    if (host === null) continue
    hosts[id] = host
    const name = input.view.hosts[id]?.name ?? id
    why.push(say('firewall.guards', { host: name, interfaces: host.guarded.join(', ') }))
    if (host.coordinator !== null) why.push(say('firewall.coordinator', { host: name, port: host.coordinator }))
  }
  return { firewall: { hosts, ...witnessing(input, chosen) }, why }
}
