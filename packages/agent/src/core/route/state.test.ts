import { ROUTE } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import type { ProcRoute } from '../parse/proc-route.ts'
import { cidrOf, isOurServiceRoute, routeState, takenBy } from './state.ts'

const route = (iface: string, more: Partial<ProcRoute> = {}): ProcRoute => ({ iface, base: 0, mask: 0, metric: 0, ...more })
const lan = route('eth0', { base: 0x0a00_0000, mask: 0xffff_ff00 })
const ours = route(ROUTE.link, { metric: ROUTE.metric })

describe('routeState', () => {
  it.each<[string, readonly ProcRoute[], string]>([
    ['none where only networks are', [lan], 'none'],
    ['ours', [lan, ours], 'ours'],
    ['real', [lan, route('eth0')], 'real'],
    ['real beside ours, whatever the metrics', [ours, route('eth0', { metric: 4_000_000_000 })], 'real'],
    ['real through a tunnel', [route('wg0')], 'real'],
    ['real where it refuses', [route('*')], 'real'],
  ])('is %s', (_name, routes, state) => expect(routeState(routes)).toBe(state))
})

describe('takenBy', () => {
  const doc = 0xcb00_7100
  it.each<[string, ProcRoute, string | null]>([
    ['the whole network', route('eth0', { base: doc, mask: 0xffff_ff00 }), '203.0.113.0/24 dev eth0'],
    ['one of the two addresses', route('eth1', { base: doc + 255, mask: 0xffff_ffff }), '203.0.113.255/32 dev eth1'],
    ['a neighbour', route('eth0', { base: doc, mask: 0xffff_ff80 }), null],
    ['our own link', route(ROUTE.link, { base: doc + 254, mask: 0xffff_fffe }), null],
    ['a default route', route('eth0'), null],
  ])('judges %s', (_name, one, said) => expect(takenBy([lan, one])).toBe(said))
})

it('knows its service route by the metric', () => {
  const services = route('eth0', { base: 0x0a2b_0000, mask: 0xffff_0000, metric: ROUTE.metric })
  expect([services, lan, ours].map(isOurServiceRoute)).toEqual([true, false, false])
  expect(cidrOf(services)).toBe('10.43.0.0/16')
})
