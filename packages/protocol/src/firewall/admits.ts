import { holds, parseCidr } from '../net/cidr.ts'
import { canonicalAddress } from '../net/merge-cidrs.ts'
import { portSpan } from './ports.ts'
import type { Ruleset, Source } from './ruleset.ts'

/** A new connection as it arrives on a guarded interface. */
export type Arrival = { readonly from: string; readonly proto: 'tcp' | 'udp'; readonly port: number }

const isFrom = (ruleset: Ruleset, source: Source, ip: string): boolean => {
  const address = canonicalAddress(ip)
  const among = (list: readonly string[]): boolean => list.some((one) => canonicalAddress(one) === address)
  switch (source) {
    case 'anyone':
      return true
    case 'admins':
      return ruleset.admins.map(parseCidr).some((cidr) => cidr !== null && holds(cidr, address))
    case 'nodes':
      return among(ruleset.nodes)
    case 'servers':
      return among(ruleset.servers)
  }
}

/** Whether a ruleset lets a new connection in: the paper check before anything is armed. */
export const admits = (ruleset: Ruleset, { from, proto, port }: Arrival): boolean =>
  ruleset.admit.some((one) => {
    const named = one.proto === proto && one.ports.map(portSpan).some(([first, last]) => first <= port && port <= last)
    return named && isFrom(ruleset, one.from, from)
  })
