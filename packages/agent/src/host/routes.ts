import { ROUTE } from '@drover/protocol'
import { parseProcRoute, type ProcRoute } from '../core/parse/proc-route.ts'
import { readRouteUnit, type RouteWish } from '../core/route/unit.ts'
import type { HostReader } from './host.ts'
import { readText } from './k3s-marks.ts'
import { absolutePath } from './path.ts'

/** The unit file of the routes that Drover makes. */
export const ROUTE_UNIT_FILE = absolutePath(ROUTE.unitFile)

const TABLE = absolutePath('/proc/net/route')

/** The IPv4 routes of the main table: one small file, no program. */
export const readRoutes = async (host: HostReader): Promise<readonly ProcRoute[]> => parseProcRoute((await readText(host, TABLE)) ?? '')

/** What the unit of ours on this host was written for; null where there is none. */
export const readKeptRoute = async (host: HostReader): Promise<RouteWish | null> => readRouteUnit((await readText(host, ROUTE_UNIT_FILE)) ?? '')
