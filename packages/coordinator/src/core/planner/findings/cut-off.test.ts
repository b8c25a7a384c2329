import { type Measured, render } from '@drover/protocol'
import { buildHost } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { ARTIFACTS, buildView } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { settle } from '../settle.ts'
import type { Caller } from '../settle-input.ts'

const address = (iface: string, ip: string): Measured['addresses'][number] => ({ iface, ip, prefix: 24, dynamic: false })
const one = buildHost({ name: 'one', measured: { addresses: [address('eth0', '10.0.0.11'), address('wg0', '10.9.0.1')] } })
const hosts = [one, buildHost({ name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } })]
const caller = (name: string, ip: string, online = true): Caller => ({ id: hostIdOf(name), name, address: ip, online })

const found = (callers: readonly Caller[], firewall = {}, at = '10.0.0.11'): readonly string[] =>
  settle({
    now: 0, view: buildView('home', hosts), requests: [], open: [], waiting: {}, incarnation: 1, artifacts: ARTIFACTS, previous: null,
    spec: buildSpec({ firewall: { admins: ['198.51.100.0/24'], ...firewall } }),
    coordinator: { addresses: [at], port: 8443 },
    callers,
  }).findings.map(({ level, said }) => `${level} ${render(said)}`)

const NOTE = expect.stringMatching(/^note the coordinator runs on one/) as string

describe('the coordinator on a member', () => {
  it('stays reachable for members, admins, its own host and who comes in by a tunnel', () => {
    expect(found([caller('one', '127.0.0.1'), caller('two', '10.0.0.12'), caller('desk', '198.51.100.7'), caller('far', '10.9.0.2')])).toEqual([NOTE])
  })

  it('is not closed to whoever speaks to it: that is refused, with their names', () => {
    expect(found([caller('two', '203.0.113.5'), caller('far', '2001:db8::7')])).toEqual(['fatal the firewall of one would close port 8443 of the coordinator to hosts that speak to it now: two (203.0.113.5), far (2001:db8::7)', NOTE])
    expect(found(Array.from({ length: 11 }, (_, at) => caller(`h${String(at)}`, `192.0.2.${String(at)}`)))[0]).toMatch(/h7 \(192.0.2.7\), 3 more$/)
  })

  it('is closed to who is away only if a person agrees', () => expect(found([caller('old', '192.0.2.9', false)])[0]).toMatch(/^asks .* old \(192.0.2.9\)$/))

  it('needs no word where the spec opens its port, where it runs elsewhere, or where there is no firewall', () => {
    const far = [caller('far', '192.0.2.7')]
    expect(found(far, { expose: [{ ports: ['8400-8500'], to: 'anyone' }] })).toEqual([])
    expect(found(far, {}, '10.0.0.99')).toEqual([])
  })
})
