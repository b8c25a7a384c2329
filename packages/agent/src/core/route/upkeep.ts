import type { ProcRoute } from '../parse/proc-route.ts'
import { cidrOf, isOurDefault, isOurServiceRoute, routeState } from './state.ts'
import type { RouteWish } from './unit.ts'

/** What has to be done so that the routes are there exactly while no other default route is: nothing, or one of three. */
export type Upkeep = 'remove' | 'make' | 'add-service-route' | null

/** Compares the routes with what a unit of ours was written for; null: there is no such unit, and nothing is touched. */
export const routeUpkeep = (routes: readonly ProcRoute[], kept: RouteWish | null): Upkeep => {
  if (kept === null) return null
  const state = routeState(routes)
  if (state === 'real') return routes.some(isOurDefault) || routes.some(isOurServiceRoute) ? 'remove' : null
  if (state === 'none') return 'make'
  return routes.some((route) => isOurServiceRoute(route) && route.iface === kept.iface && cidrOf(route) === kept.services) ? null : 'add-service-route'
}
