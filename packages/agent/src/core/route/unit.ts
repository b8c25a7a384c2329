import { ROUTE } from '@drover/protocol'
import { OURS } from '../k3s/unit.ts'

/** What the routes are made for: the service addresses and the interface of the node address. */
export type RouteWish = { readonly services: string; readonly iface: string }

/** Ends with 1, which skips the unit without a failure, where another link has a default route. */
const UNLESS_REAL = `awk '$$2 == "00000000" && $$8 == "00000000" && $$1 != "${ROUTE.link}" { real = 1 } END { exit real }' /proc/net/route`

const serviceRoute = ({ services, iface }: RouteWish): string => `${services} dev ${iface} metric ${String(ROUTE.metric)}`

/**
 * The unit that makes the routes at each boot, without agent and shell, before k3s and once the network is up, so that a
 * default route of the host's own is seen. A dummy link where the kernel has it, else a bridge without ports: neither leads
 * anywhere. The route to the service addresses keeps the node's own address as source.
 */
export const renderRouteUnit = (wish: RouteWish): string => `${OURS}
[Unit]
Description=Default route for k3s on a host that has none
After=network-pre.target network-online.target
Before=k3s.service k3s-agent.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecCondition=${UNLESS_REAL}
ExecStart=-ip link add dev ${ROUTE.link} type dummy
ExecStart=-ip link add dev ${ROUTE.link} type bridge
ExecStart=ip link set dev ${ROUTE.link} up
ExecStart=ip -4 address replace ${ROUTE.address} dev ${ROUTE.link}
ExecStart=ip -4 route replace default via ${ROUTE.gateway} dev ${ROUTE.link} metric ${String(ROUTE.metric)} proto static
ExecStart=-ip -4 route replace ${serviceRoute(wish)} proto static
ExecStop=-ip -4 route delete ${serviceRoute(wish)}
ExecStop=-ip link delete dev ${ROUTE.link}

[Install]
WantedBy=multi-user.target
`

/** What a unit of ours was written for; null for the text of anything else. */
export const readRouteUnit = (text: string): RouteWish | null => {
  const found = /^ExecStop=-ip -4 route delete (\S+) dev (\S+) metric \d+$/m.exec(text)
  const [, services, iface] = found ?? []
  return !text.startsWith(`${OURS}\n`) || services === undefined || iface === undefined ? null : { services, iface }
}

/** The words of `ip` that make the route to the service addresses anew, or take it away. */
export const serviceRouteArgs = (verb: 'replace' | 'delete', wish: RouteWish): readonly string[] => ['-4', 'route', verb, ...serviceRoute(wish).split(' '), 'proto', 'static']
