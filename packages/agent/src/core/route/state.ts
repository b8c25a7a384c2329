import { type HostFacts, ROUTE } from '@drover/protocol'
import type { ProcRoute } from '../parse/proc-route.ts'

const isDefault = (route: ProcRoute): boolean => route.mask === 0

/** True for the default route on our own link. */
export const isOurDefault = (route: ProcRoute): boolean => isDefault(route) && route.iface === ROUTE.link

/** True for a default route that Drover did not make, whatever it is worth: also one through a tunnel, and one that refuses. */
export const isRealDefault = (route: ProcRoute): boolean => isDefault(route) && route.iface !== ROUTE.link

/** The fact `route`. */
export const routeState = (routes: readonly ProcRoute[]): HostFacts['route'] => {
  if (routes.some(isRealDefault)) return 'real'
  return routes.some(isOurDefault) ? 'ours' : 'none'
}

/** True for a route to service addresses that Drover made: nobody else uses the metric. */
export const isOurServiceRoute = (route: ProcRoute): boolean => !isDefault(route) && route.iface !== ROUTE.link && route.metric === ROUTE.metric

const number = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

/** Dotted form of an address and how many bits its mask has. */
export const cidrOf = ({ base, mask }: ProcRoute): string => {
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256)
  return `${parts.join('.')}/${String(mask.toString(2).replaceAll('0', '').length)}`
}

/** The first route of somebody else that leads to the addresses of our link, in words; null where nothing does. */
export const takenBy = (routes: readonly ProcRoute[]): string | null => {
  const ours = number(ROUTE.gateway)
  const found = routes.find((route) => !isDefault(route) && route.iface !== ROUTE.link && (ours & route.mask) >>> 0 === route.base)
  return found === undefined ? null : `${cidrOf(found)} dev ${found.iface}`
}
