import { readFileSync } from 'node:fs'
import { NetworkSectionSchema } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { parseIpAddr } from '../parse/ip-addr.ts'
import { parseIpRoute } from '../parse/ip-route.ts'
import { networkSection } from './network-section.ts'

const fixture = (name: string): string => readFileSync(new URL(`../../../../../test/fixtures/hosts/${name}`, import.meta.url), 'utf8')

describe('networkSection', () => {
  it('shows the host itself, not what containers brought', () => {
    const section = networkSection({
      links: parseIpAddr(fixture('ubuntu-24.04-bond/ip-addr.json')),
      routes: parseIpRoute(fixture('ubuntu-24.04-bond/ip-4-route.json'), 4),
      physical: new Set(['eno1', 'eno2']),
      kernel: null,
    })
    expect(NetworkSectionSchema.parse(section)).toEqual(section)
    expect(section.nics.map((nic) => [nic.name, nic.physical])).toEqual([
      ['eno1', true],
      ['eno2', true],
      ['bond0', false],
      ['bond0.20', false],
      ['wg0', false],
    ])
    expect(section.routes.map((route) => route.dev)).toEqual(['wg0', 'bond0.20', 'bond0', 'bond0', 'wg0'])
    expect(section.defaultRoute?.iface).toBe('bond0')
  })

  it('stays within the lengths of the schema on a host with very many links and routes', () => {
    const links = parseIpAddr(JSON.stringify(Array.from({ length: 600 }, (_, index) => ({ ifname: `eth${String(index)}`, link_type: 'ether' }))))
    const routes = parseIpRoute(JSON.stringify(Array.from({ length: 2000 }, (_, index) => ({ dst: `10.${String(index % 256)}.0.0/16`, dev: 'eth0' }))), 4)
    const section = networkSection({ links, routes, physical: new Set(), kernel: null })
    expect(NetworkSectionSchema.safeParse(section).success).toBe(true)
    expect([section.nics.length, section.routes.length]).toEqual([512, 1024])
  })
})
