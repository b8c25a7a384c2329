import { ROUTE } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import type { ProcRoute } from '../parse/proc-route.ts'
import { routeUpkeep } from './upkeep.ts'

const kept = { services: '10.43.0.0/16', iface: 'eth0' }
const ours: ProcRoute = { iface: ROUTE.link, base: 0, mask: 0, metric: ROUTE.metric }
const services: ProcRoute = { iface: 'eth0', base: 0x0a2b_0000, mask: 0xffff_0000, metric: ROUTE.metric }
const real: ProcRoute = { iface: 'eth0', base: 0, mask: 0, metric: 1024 }

describe('routeUpkeep', () => {
  it.each<[string, readonly ProcRoute[], ReturnType<typeof routeUpkeep>]>([
    ['both there', [ours, services], null],
    ['a real one beside them', [ours, services, real], 'remove'],
    ['a real one, and only the service route left', [services, real], 'remove'],
    ['a real one alone', [real], null],
    ['nothing', [], 'make'],
    ['the service route gone', [ours], 'add-service-route'],
    ['the service route on another link', [ours, { ...services, iface: 'eth1' }], 'add-service-route'],
  ])('with %s', (_name, routes, todo) => {
    expect(routeUpkeep(routes, kept)).toBe(todo)
    expect(routeUpkeep(routes, null)).toBeNull()
  })
})
