import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseIpAddr, type Link } from '../parse/ip-addr.ts'
import { parseIpRoute, type IpRoute } from '../parse/ip-route.ts'
import { chooseDefaultRoute } from './default-route.ts'

const fixture = (name: string): string => readFileSync(new URL(`../../../../../test/fixtures/hosts/${name}`, import.meta.url), 'utf8')
const link = (name: string, more: Partial<Link> = {}): Link => ({
  name, mac: '', mtu: 1500, state: 'up', kind: null, master: null, loopback: false, pointToPoint: false, addresses: [], ...more,
})
const route = (dev: string, more: Partial<IpRoute> = {}): IpRoute => ({
  family: 4, dst: 'default', via: '10.0.0.1', dev, metric: 0, table: 'main', source: null, hops: 1, alive: true, line: `default via 10.0.0.1 dev ${dev}`, ...more,
})

describe('chooseDefaultRoute', () => {
  it('takes the lowest metric of the main table and says what it passed over', () => {
    const links = parseIpAddr(fixture('ubuntu-24.04-bond/ip-addr.json'))
    const routes = parseIpRoute(fixture('ubuntu-24.04-bond/ip-4-route.json'), 4)
    expect(chooseDefaultRoute(links, routes, { dev: 'wg0', table: '51820' })).toEqual({
      iface: 'bond0',
      via: '10.0.0.1',
      source: '10.0.0.5',
      evidence:
        'default via 10.0.0.1 dev bond0 proto static metric 50; also default via 10.20.0.1 dev bond0.20 proto dhcp src 10.20.0.5 metric 100; not default dev wg0 scope link; policy sends traffic out by wg0 (table 51820)',
    })
  })

  it.each<[string, Partial<Link>]>([
    ['wg0', {}],
    ['tailscale0', {}],
    ['zt5u4y6m2n', {}],
    ['ppp0', {}],
    ['vpn', { kind: 'wireguard' }],
    ['office', { pointToPoint: true }],
    ['lo', { loopback: true }],
    ['docker0', { kind: 'bridge' }],
    ['drover-route', { kind: 'bridge' }],
    ['drover-route', { kind: 'dummy' }],
    ['cni0', { kind: 'bridge' }],
    ['br-0a1b2c3d4e5f', { kind: 'bridge' }],
    ['vethabc', { kind: 'veth', master: 'cni0' }],
  ])('never takes %s unasked', (name, more) => {
    expect(chooseDefaultRoute([link(name, more)], [route(name)], null)).toBeNull()
    expect(chooseDefaultRoute([link(name, more), link('eth0')], [route(name), route('eth0', { metric: 900 })], null)?.iface).toBe('eth0')
  })

  it.each<[string, Partial<Link>]>([
    ['br0', { kind: 'bridge' }],
    ['bond0', { kind: 'bond' }],
    ['eth0.5', { kind: 'vlan' }],
    ['host0', { kind: 'veth' }],
    ['wlan0', {}],
  ])('takes %s', (name, more) => {
    expect(chooseDefaultRoute([link(name, more)], [route(name)], null)?.iface).toBe(name)
  })

  it('takes IPv4 before IPv6 whatever the metrics, and IPv6 where there is nothing else', () => {
    const six = route('eth1', { family: 6, via: 'fe80::1', metric: 1 })
    const links = [link('eth0'), link('eth1', { addresses: [{ iface: 'eth1', ip: '2001:db8::5', prefix: 64, dynamic: false }] })]
    expect(chooseDefaultRoute(links, [six, route('eth0', { metric: 500 })], null)?.iface).toBe('eth0')
    expect(chooseDefaultRoute(links, [six], null)).toMatchObject({ iface: 'eth1', source: '2001:db8::5' })
  })

  it('says that it is the first of equal paths', () => {
    expect(chooseDefaultRoute([link('eth0')], [route('eth0', { hops: 2 })], { dev: 'eth0', table: null })?.evidence).toBe(
      'default via 10.0.0.1 dev eth0; first of 2 equal paths',
    )
  })

  it.each([
    ['none at all', []],
    ['one in another table', [route('eth0', { table: '100' })]],
    ['one that is dead', [route('eth0', { alive: false })]],
    ['one of a link that is gone', [route('eth9')]],
    ['one without a link', [route('eth0', { dev: null })]],
  ])('is null with %s', (_, routes) => {
    expect(chooseDefaultRoute([link('eth0')], routes, null)).toBeNull()
  })
})
