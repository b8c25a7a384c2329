import { type Measured, render } from '@drover/protocol'
import { buildHost, type HostPatch } from '@drover/test/kit/builders/host.ts'
import { hostIdOf } from '@drover/test/kit/builders/host-id.ts'
import { ARTIFACTS, buildView } from '@drover/test/kit/builders/plan-input.ts'
import { buildSpec } from '@drover/test/kit/builders/spec.ts'
import { describe, expect, it } from 'vitest'
import { guardedInterfaces } from './firewall/guarded.ts'
import { settle, type SettleResult } from './settle.ts'
import type { SettleInput } from './settle-input.ts'

const [ONE, TWO, DESK] = [hostIdOf('one'), hostIdOf('two'), hostIdOf('desk')]
const address = (iface: string, ip: string): Measured['addresses'][number] => ({ iface, ip, prefix: 24, dynamic: false })
const spec = buildSpec({ firewall: { admins: ['198.51.100.0/24'] } })
const two = { name: 'two', ip: '10.0.0.12', labels: { role: 'worker' } }

const settled = (hosts: readonly HostPatch[], more: Partial<SettleInput> = {}): SettleResult =>
  settle({ now: 0, spec, view: buildView('home', hosts.map(buildHost)), requests: [], open: [], waiting: {}, incarnation: 1, artifacts: ARTIFACTS, previous: null, ...more })

describe('interfaces', () => {
  const addresses = [address('eth1', '203.0.113.5'), address('eth0', '10.0.0.11'), address('cni0', '10.42.0.1'), address('lo', '127.0.0.1'), address('wg0', '10.9.0.1'), address('br0', '10.8.0.1')]

  it('are guarded where outsiders come in, not where pods and tunnels do', () => expect(guardedInterfaces({ addresses }, 'eth0')).toEqual(['br0', 'eth0', 'eth1']))

  it('are guarded where the node address is, whatever they are called', () => expect(guardedInterfaces({ addresses }, 'wg0')).toContain('wg0'))

  it('stay guarded once they were', () => {
    const first = settled([{ name: 'one', measured: { addresses } }, two])
    const gone = settled([{ name: 'one', facts: {} }, two], { previous: first.settled })
    expect(gone.settled.firewall?.hosts[ONE]?.guarded).toEqual(['br0', 'eth0', 'eth1'])
    expect(gone.settled.why.map(render)).toContain('one is guarded on br0, eth0, eth1')
  })
})

describe('the coordinator', () => {
  it('is found on the host that has its address', () => {
    const { settled: choice } = settled([{ name: 'one' }, two], { coordinator: { addresses: ['10.0.0.12', '172.17.0.1'], port: 8443 } })
    expect([choice.firewall?.hosts[ONE]?.coordinator, choice.firewall?.hosts[TWO]?.coordinator]).toEqual([null, 8443])
  })

  it('bears witness where people may reach SSH from, and so do hosts outside of the cluster', () => {
    const desk = { name: 'desk', ip: '198.51.100.7' }
    const far = { name: 'far', ip: '192.0.2.7' }
    const witnesses = (ip: string) => settled([{ name: 'one' }, two, desk, far], { coordinator: { addresses: [ip], port: 8443 } }).settled.firewall?.witnesses
    expect([witnesses('198.51.100.9'), witnesses('192.0.2.1')]).toEqual([['coordinator', DESK], [DESK]])
  })
})

describe('the drover command', () => {
  const alone = (more: Partial<SettleInput>, hosts: readonly HostPatch[] = [{ name: 'one' }]) => settled(hosts, more).settled.firewall
  it('bears witness for a host that is alone, where people may reach SSH from', () => {
    expect(alone({ operator: '198.51.100.7' })).toMatchObject({ witnesses: ['operator'], operator: '198.51.100.7' })
  })

  it('is not asked where others could, from elsewhere, or from the host itself', () => {
    const desk = { name: 'desk', ip: '198.51.100.8' }
    const spec = buildSpec({ firewall: { admins: ['10.0.0.0/24'] } })
    expect(alone({ operator: '198.51.100.7' }, [{ name: 'one' }, two])?.witnesses).toEqual([])
    expect(alone({ operator: '198.51.100.7' }, [{ name: 'one' }, desk])?.witnesses).toEqual([DESK])
    expect(alone({ operator: '203.0.113.7' })?.witnesses).toEqual([])
    expect(alone({ operator: '10.0.0.11', spec }, [{ name: 'one', ip: '10.0.0.11' }])?.witnesses).toEqual([])
  })
})

it('nothing is settled for a firewall that the spec does not have', () => expect(settled([{ name: 'one' }, two], { spec: buildSpec() }).settled).not.toHaveProperty('firewall'))
