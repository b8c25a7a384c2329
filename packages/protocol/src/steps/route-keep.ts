import * as z from 'zod'
import { ROUTE } from '../k3s/route.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Makes a default route on a link of its own where the host has none, and keeps it over reboots; touches no route of anybody else. */
export const routeKeep = defineStep({
  kind: 'route.keep',
  summary: `Where no IPv4 default route is: makes one on the link ${ROUTE.link} and a route to the service addresses, by a unit that needs no agent; where there is one, does nothing.`,
  params: () => z.strictObject({
    services: z.cidrv4().describe('the service addresses of the cluster'),
    iface: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/, 'must be the name of a network interface').describe('the interface of the node address'),
  }),
  result: () => z.strictObject({ route: z.enum(['real', 'ours']).describe('what the host has now: ours only where there is no other') }),
  class: () => 'prepare',
  consent: 'allow',
  describe: ({ services, iface }) => say('step.route.keep', { services, iface }),
  touches: ({ services, iface }) => [
    { what: 'unit', name: ROUTE.unitFile, how: 'made' },
    { what: 'link', name: `${ROUTE.link} with ${ROUTE.address}`, how: 'made' },
    { what: 'route', name: `default via ${ROUTE.gateway} dev ${ROUTE.link} metric ${ROUTE.metric}`, how: 'made' },
    { what: 'route', name: `${services} dev ${iface} metric ${ROUTE.metric}`, how: 'made' },
  ],
  effect: (_view, host) => ({ hosts: { [host]: { route: 'ours' } } }),
  secrets: () => [],
  timeout: 60_000,
  undo: 'undoes',
  example: { services: '10.43.0.0/16', iface: 'eth0' },
})
