import { admits, canonicalAddress, type Finding, type HostId, holds, parseCidr, type Ruleset, say, type Settled } from '@drover/protocol'
import { finding } from '../finding.ts'
import { desiredFirewall } from '../firewall/ruleset.ts'
import type { Caller, SettleInput } from '../settle-input.ts'

/** How many hosts a finding names. */
const NAMED = 8

type Place = { readonly id: HostId; readonly port: number; readonly ruleset: Ruleset }

/** The networks of a host's interfaces that no rule looks at. */
const innerNetworks = (input: SettleInput, id: HostId, { guarded }: Ruleset) =>
  (input.view.hosts[id]?.measured?.value.addresses ?? [])
    .filter(({ iface }) => !guarded.includes(iface))
    .flatMap(({ ip, prefix }) => parseCidr(`${ip}/${String(prefix)}`) ?? [])

/** The callers that the rules of the coordinator's own host would keep from it. */
const cutOff = (input: SettleInput, at: Place): readonly Caller[] => {
  const inner = innerNetworks(input, at.id, at.ruleset)
  return (input.callers ?? []).filter(({ id, address }) => {
    const from = canonicalAddress(address)
    const isInner = inner.some((cidr) => holds(cidr, from))
    return id !== at.id && !isInner && !admits(at.ruleset, { from, proto: 'tcp', port: at.port })
  })
}

const words = (callers: readonly Caller[]): string => {
  const named = callers.slice(0, NAMED).map(({ name, address }) => `${name} (${address})`)
  return [...named, ...(callers.length > NAMED ? [`${String(callers.length - NAMED)} more`] : [])].join(', ')
}

const judge = (input: SettleInput, at: Place): readonly Finding[] => {
  const { id, port, ruleset } = at
  if (admits({ ...ruleset, admit: ruleset.admit.filter(({ from }) => from === 'anyone') }, { from: '0.0.0.0', proto: 'tcp', port })) return []
  const callers = cutOff(input, at)
  const of = (online: boolean): readonly Caller[] => callers.filter((caller) => caller.online === online)
  const host = input.view.hosts[id]?.name ?? id
  const [now, later] = [of(true), of(false)]
  return [
    ...(now.length === 0 ? [] : [finding('fatal', say('finding.cut-off', { host, port, hosts: words(now) }), now.map((caller) => caller.id))]),
    ...(later.length === 0 ? [] : [finding('asks', say('finding.cut-off-later', { host, port, hosts: words(later) }), later.map((caller) => caller.id))]),
    finding('note', say('finding.coordinator-port', { host, port }), [id]),
  ]
}

/**
 * Who would no longer reach the coordinator through the firewall of the host that it runs on: hosts of this and other clusters, by the address
 * that they last came from, and whoever is to be enrolled later.
 */
export const findCutOff = (input: SettleInput, settled: Settled): readonly Finding[] =>
  Object.entries(settled.firewall?.hosts ?? {}).flatMap(([key, { coordinator: port }]) => {
    const id = key as HostId
    const desired = port === null ? null : desiredFirewall({ spec: input.spec, settled }, id)
    return port === null || desired === null ? [] : judge(input, { id, port, ruleset: desired.ruleset })
  })
