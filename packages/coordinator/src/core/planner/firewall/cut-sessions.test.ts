import { EXAMPLE_RULESET, type Ruleset } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { expect, it } from 'vitest'
import { cutSessions } from './cut-sessions.ts'

const RULES: Ruleset = { ...EXAMPLE_RULESET, guarded: ['eth0'], nodes: ['10.0.0.11', '10.0.0.12'], servers: [], admins: ['198.51.100.0/24', '2001:db8::/32'], admit: [{ from: 'admins', proto: 'tcp', ports: [22] }], overlay: [] }
const host = buildHost({ name: 'one', measured: { addresses: [{ iface: 'eth0', ip: '10.0.0.11', prefix: 24, dynamic: false }, { iface: 'wg0', ip: 'fd00:0:0::1', prefix: 64, dynamic: false }] } })

const cut = (...sessions: readonly (readonly [peer: string, port: number, local: string])[]): readonly string[] => {
  const ssh = sessions.map(([peer, port, local]) => ({ peer, port, local }))
  return cutSessions({ host, facts: { ...host.facts, firewall: { ...host.facts.firewall, ssh } } as never }, RULES)
}

it('tells who would be cut off, once each', () => {
  expect(cut(['203.0.113.9', 22, '10.0.0.11'], ['203.0.113.9', 22, '10.0.0.11'], ['198.51.100.7', 2222, '10.0.0.11'])).toEqual(['203.0.113.9 to port 22', '198.51.100.7 to port 2222'])
})

it('leaves alone whom the rules name, who comes in by a tunnel, and the host itself', () => {
  expect(cut(['198.51.100.7', 22, '10.0.0.11'], ['2001:db8::9', 22, '2001:db8::1'], ['203.0.113.9', 22, 'fd00::1'], ['127.0.0.1', 22, '127.0.0.1'], ['::1', 22, '::1'])).toEqual([])
})

it('judges an address that nobody has measured as guarded', () => {
  expect(cut(['203.0.113.9', 22, '192.0.2.1'])).toHaveLength(1)
})
