import { routeState } from '../../core/route/state.ts'
import { readRoutes } from '../../host/routes.ts'
import type { FactReader } from './reader.ts'

/** Whose the IPv4 default route is, by /proc/net/route. */
export const readRoute: FactReader<'route'> = async (host) => routeState(await readRoutes(host))
