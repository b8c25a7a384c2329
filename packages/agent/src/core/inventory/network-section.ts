import type { NetworkSection } from '@drover/protocol'
import type { Link } from '../parse/ip-addr.ts'
import type { IpRoute } from '../parse/ip-route.ts'
import { chooseDefaultRoute, type KernelAnswer } from './default-route.ts'
import { isContainerLink } from './link-kinds.ts'

/** What a network section is made of; `physical` names the links that have a device behind them. */
export type NetworkInput = {
  readonly links: readonly Link[]
  readonly routes: readonly IpRoute[]
  readonly physical: ReadonlySet<string>
  readonly kernel: KernelAnswer | null
}

/** NICs, addresses and routes of the host itself: loopback and what containers brought are left out, lists are cut to the schema's lengths. */
export const networkSection = (input: NetworkInput): NetworkSection => {
  const own = input.links.filter((link) => !link.loopback && !isContainerLink(link))
  const names = new Set(own.map((link) => link.name))
  return {
    nics: own.slice(0, 512).map((link) => ({
      name: link.name,
      mac: link.mac,
      mtu: link.mtu,
      state: link.state,
      physical: input.physical.has(link.name),
      kind: link.kind,
      addresses: link.addresses.slice(0, 64),
    })),
    routes: input.routes
      .filter((route) => route.dev === null || names.has(route.dev))
      .slice(0, 1024)
      .map(({ dst, via, dev, metric, table }) => ({ dst, via, dev, metric, table })),
    defaultRoute: chooseDefaultRoute(input.links, input.routes, input.kernel),
  }
}
