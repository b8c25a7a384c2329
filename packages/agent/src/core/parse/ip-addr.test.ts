import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseIpAddr } from './ip-addr.ts'

const fixture = (name: string): string => readFileSync(new URL(`../../../../../test/fixtures/hosts/${name}`, import.meta.url), 'utf8')

describe('parseIpAddr', () => {
  it('reads a Debian host with k3s on it', () => {
    const links = parseIpAddr(fixture('debian-12-k3s/ip-addr.json'))
    expect(links.map(({ name, kind, state, loopback }) => [name, kind, state, loopback])).toEqual([
      ['lo', null, 'unknown', true],
      ['host0', 'veth', 'up', false],
      ['flannel.1', 'vxlan', 'unknown', false],
    ])
    expect(links[1]?.addresses).toEqual([{ iface: 'host0', ip: '192.168.20.21', prefix: 24, dynamic: false }])
    expect(links[2]?.addresses).toEqual([{ iface: 'flannel.1', ip: '10.42.0.0', prefix: 32, dynamic: false }])
  })

  it('knows members, tunnels and addresses that DHCP gave, and leaves out addresses that are not usable', () => {
    const links = parseIpAddr(fixture('ubuntu-24.04-bond/ip-addr.json'))
    const named = Object.fromEntries(links.map((link) => [link.name, link]))
    expect(Object.keys(named)).toEqual(['lo', 'eno1', 'eno2', 'bond0', 'bond0.20', 'docker0', 'veth1a2b3c4', 'wg0'])
    expect(named['eno1']).toMatchObject({ master: 'bond0', addresses: [] })
    expect(named['bond0.20']?.addresses).toEqual([{ iface: 'bond0.20', ip: '10.20.0.5', prefix: 24, dynamic: true }])
    expect(named['wg0']).toMatchObject({ mac: '', kind: 'wireguard', pointToPoint: true })
  })

  it.each(['', ' \n', '[]'])('takes %j for a host without links', (text) => {
    expect(parseIpAddr(text)).toEqual([])
  })

  it.each([
    ['{', /JSON/],
    ['{}', /expected array/],
    ['[1]', /expected object/],
    ['Object "addr" is unknown', /JSON/],
  ])('throws at %j', (text, reason) => {
    expect(() => parseIpAddr(text)).toThrow(reason)
  })
})
