import { ROUTE } from '@drover/protocol'
import { serviceRouteArgs, type RouteWish } from '../core/route/unit.ts'
import { routeState } from '../core/route/state.ts'
import { routeUpkeep, type Upkeep } from '../core/route/upkeep.ts'
import type { HostWriter } from '../host/host.ts'
import { readKeptRoute, readRoutes } from '../host/routes.ts'
import { readRefusal } from '../runner/gate.ts'

/**
 * Looks whether the routes that an order had made are there exactly while the host has no default route of its own, and mends
 * that; true where it changed anything. Only where the order would be allowed now: VETO and policy hold here as well.
 */
export const keepRoute = async (host: HostWriter): Promise<boolean> => {
  const kept = await readKeptRoute(host)
  const todo = routeUpkeep(await readRoutes(host), kept)
  if (kept === null || todo === null) return false
  if ((await readRefusal(host, 'route.keep', 'prepare')) !== null) return false
  await MEND[todo](host, kept)
  return true
}

/** A unit that was started is waited for that often, so that the facts that are read next show what it did. */
const LOOKS = 20

const MEND: { readonly [U in Exclude<Upkeep, null>]: (host: HostWriter, kept: RouteWish) => Promise<void> } = {
  remove: async (host, kept) => {
    const { active } = await host.unit(ROUTE.unit)
    if (active !== 'inactive' && active !== 'failed') return host.unitDo('stop', ROUTE.unit)
    await host.change('ip', serviceRouteArgs('delete', kept))
    await host.change('ip', ['link', 'delete', 'dev', ROUTE.link])
  },
  make: async (host) => {
    const { active } = await host.unit(ROUTE.unit)
    if (active !== 'activating') await host.unitDo(active === 'active' ? 'restart' : 'start', ROUTE.unit)
    for (let looks = 0; looks < LOOKS && routeState(await readRoutes(host)) === 'none'; looks += 1) await host.pause(100)
  },
  'add-service-route': async (host, kept) => {
    await host.change('ip', serviceRouteArgs('replace', kept))
  },
}
