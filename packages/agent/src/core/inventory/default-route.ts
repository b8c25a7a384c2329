import type { NetworkSection } from '@drover/protocol'
import type { Link } from '../parse/ip-addr.ts'
import type { IpRoute } from '../parse/ip-route.ts'
import { isContainerLink, isTunnelLink } from './link-kinds.ts'

/** Where the kernel would send a packet to an address outside, as `ip -j route get` says. */
export type KernelAnswer = { readonly dev: string; readonly table: string | null }

type Chosen = NonNullable<NetworkSection['defaultRoute']>

/**
 * The default route that a cluster may lean on: main table, lowest metric, IPv4 before IPv6, the first hop of
 * equal-cost paths, never a tunnel. `kernel` is the kernel's own answer for an address outside (policy rules included).
 */
export const chooseDefaultRoute = (links: readonly Link[], routes: readonly IpRoute[], kernel: KernelAnswer | null): Chosen | null => {
  const usable = routes.filter((route) => isCandidate(links, route))
  const best = lowest(usable.filter((route) => route.family === 4)) ?? lowest(usable)
  if (best?.dev === undefined || best.dev === null) return null
  const notes = notesOn(best, { usable, routes, links, kernel })
  return {
    iface: best.dev,
    via: best.via,
    source: best.source ?? sourceOf(links, best),
    evidence: [best.line, ...notes].join('; ').slice(0, 400),
  }
}

const isDefault = (route: IpRoute): boolean => route.dst === 'default' && route.table === 'main' && route.dev !== null

const isCandidate = (links: readonly Link[], route: IpRoute): boolean => {
  const link = links.find((one) => one.name === route.dev)
  if (!isDefault(route) || link === undefined || !route.alive) return false
  return !link.loopback && !isTunnelLink(link) && !isContainerLink(link)
}

const lowest = (routes: readonly IpRoute[]): IpRoute | undefined => routes.toSorted((a, b) => a.metric - b.metric)[0]

type Seen = {
  readonly usable: readonly IpRoute[]
  readonly routes: readonly IpRoute[]
  readonly links: readonly Link[]
  readonly kernel: KernelAnswer | null
}

const notesOn = (best: IpRoute, seen: Seen): readonly string[] => {
  const others = seen.usable.filter((route) => route !== best && route.family === best.family)
  const passed = seen.routes.filter((route) => isDefault(route) && !isCandidate(seen.links, route))
  return [
    ...(best.hops > 1 ? [`first of ${String(best.hops)} equal paths`] : []),
    ...others.map((route) => `also ${route.line}`),
    ...passed.map((route) => `not ${route.line}`),
    ...(seen.kernel === null || seen.kernel.dev === best.dev
      ? []
      : [`policy sends traffic out by ${seen.kernel.dev}${seen.kernel.table === null ? '' : ` (table ${seen.kernel.table})`}`]),
  ]
}

const sourceOf = (links: readonly Link[], route: IpRoute): string | null => {
  const addresses = links.find((link) => link.name === route.dev)?.addresses ?? []
  return addresses.find((address) => address.ip.includes(':') === (route.family === 6))?.ip ?? null
}
