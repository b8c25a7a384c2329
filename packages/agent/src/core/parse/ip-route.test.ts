import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseIpRoute, parseRouteGet } from './ip-route.ts'

const fixture = (name: string): string => readFileSync(new URL(`../../../../../test/fixtures/hosts/${name}`, import.meta.url), 'utf8')

describe('parseIpRoute', () => {
  it('reads unicast routes outside the local table', () => {
    const routes = parseIpRoute(fixture('debian-12-k3s/ip-4-route.json'), 4)
    expect(routes.map((route) => route.line)).toEqual([
      'default via 192.168.20.1 dev host0 proto static',
      '10.42.1.0/24 via 10.42.1.0 dev flannel.1 proto boot',
      '10.42.5.0/24 via 10.42.5.0 dev flannel.1 proto boot',
      '10.42.7.0/24 via 10.42.7.0 dev flannel.1 proto boot',
      '192.168.20.0/24 dev host0 proto kernel scope link src 192.168.20.21',
    ])
    expect(routes[0]).toMatchObject({ family: 4, via: '192.168.20.1', metric: 0, table: 'main', hops: 1, alive: true })
    expect(parseIpRoute(fixture('debian-12-k3s/ip-6-route.json'), 6).map((route) => [route.dst, route.metric])).toEqual([['fe80::/64', 256]])
  })

  it('names other tables by number and marks what is down', () => {
    const routes = parseIpRoute(fixture('ubuntu-24.04-bond/ip-4-route.json'), 4)
    expect(routes.find((route) => route.dst === '100.64.0.0/10')?.table).toBe('52')
    expect(routes.find((route) => route.dev === 'docker0')?.alive).toBe(false)
    expect(routes.some((route) => route.dst === '192.0.2.0/24')).toBe(false)
  })

  it('takes the first living hop of equal-cost paths, and a gateway of the other family', () => {
    const hops = [
      { gateway: '10.0.0.1', dev: 'eth0', flags: ['dead', 'linkdown'] },
      { via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth1', flags: [] },
    ]
    expect(parseIpRoute(JSON.stringify([{ dst: 'default', metric: 20, flags: [], nexthops: hops }]), 4)).toMatchObject([
      { via: 'fe80::1', dev: 'eth1', hops: 2, alive: true, line: 'default via fe80::1 dev eth1 metric 20' },
    ])
  })
})

describe('parseRouteGet', () => {
  it.each([
    ['[{"dst":"1.1.1.1","gateway":"10.0.0.1","dev":"eth0","prefsrc":"10.0.0.5","flags":[],"uid":0,"cache":[]}]', { dev: 'eth0', table: null }],
    ['[{"dst":"1.1.1.1","dev":"wg0","table":51820}]', { dev: 'wg0', table: '51820' }],
    ['[]', null],
    ['RTNETLINK answers: Network is unreachable', null],
  ])('reads %j', (text, expected) => {
    expect(parseRouteGet(text)).toEqual(expected)
  })
})
