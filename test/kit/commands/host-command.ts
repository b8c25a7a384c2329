import type { HostFacts, Measured } from '@drover/protocol'
import { BARE, MEASURED } from '../builders/host.ts'
import { hostIdOf } from '../builders/host-id.ts'
import { hostNamed, type LoopWorld, type WorldHost } from '../loop-world/world.ts'
import type { Command } from './command.ts'

const NUMBERS = ['cpus', 'memoryMb', 'fsyncP99Us', 'diskFreeMb', 'clockOffsetMs'] as const
const LISTS = ['usedPorts', 'foreignK3s'] as const

const makeHost = (world: LoopWorld, name: string): WorldHost => ({
  id: hostIdOf(name),
  name,
  labels: {},
  arch: 'amd64',
  state: undefined,
  online: true,
  silent: false,
  seenAt: world.now,
  cluster: null,
  measured: { ...MEASURED, addresses: [{ iface: 'eth0', ip: `10.0.0.${11 + world.hosts.size}`, prefix: 24, dynamic: false }] },
  facts: BARE,
  seen: BARE,
  readyAt: null,
  late: false,
  trialEnds: null,
  unreachable: false,
  unread: false,
})

const isOneOf = <T extends string>(names: readonly T[], key: string): key is T => names.includes(key as T)

const measuredWith = (measured: Measured, key: string, value: string): Measured | null => {
  if (isOneOf(NUMBERS, key)) return { ...measured, [key]: Number(value) }
  if (isOneOf(LISTS, key)) return { ...measured, [key]: value === '' ? [] : value.split(',') }
  if (key === 'cgroup') return { ...measured, cgroup: value === 'v1' ? 'v1' : 'v2' }
  if (key === 'rtt') return withRtt(measured, value)
  if (key === 'ip') return { ...measured, addresses: [{ iface: 'eth0', ip: value, prefix: 24, dynamic: false }] }
  return key === 'default' ? { ...measured, defaultInterface: value === 'none' ? null : value } : null
}

/** `two:12.5`: the round trip to host two, in ms. */
const withRtt = (measured: Measured, value: string): Measured => {
  const [name = '', ms = '0'] = value.split(':')
  return { ...measured, rttUs: { ...measured.rttUs, [hostIdOf(name)]: Number(ms) * 1000 } }
}

const OF_FACTS = ['firewall', 'ssh', 'reinstalled', 'etcd', 'k3s'] as const

/** An SSH session from an address to the host's own; null: none. */
const sessions = (peer: string, measured: Measured): HostFacts['firewall']['ssh'] =>
  peer === 'none' ? [] : [{ local: measured.addresses[0]?.ip ?? '', port: 22, peer }]

const factsWith = ({ facts, measured }: WorldHost, key: string, value: string): HostFacts => {
  if (key === 'default') return { ...facts, route: value === 'none' ? 'none' : 'real' }
  if (key === 'firewall') return { ...facts, firewall: { ...facts.firewall, inCharge: value === 'none' ? null : value } }
  if (key === 'ssh') return { ...facts, firewall: { ...facts.firewall, ssh: sessions(value, measured) } }
  if (key === 'etcd') return { ...facts, etcd: value as HostFacts['etcd'] }
  if (key === 'k3s' && facts.k3s !== null) return { ...facts, k3s: { ...facts.k3s, state: value as NonNullable<HostFacts['k3s']>['state'] } }
  return key === 'reinstalled' ? BARE : facts
}

const SWITCHES = ['silent', 'late', 'unreachable', 'unread'] as const

const set = (host: WorldHost, key: string, value: string): void => {
  const measured = measuredWith(host.measured, key, value)
  host.facts = factsWith(host, key, value)
  if (measured !== null) host.measured = measured
  else if (isOneOf(SWITCHES, key)) host[key] = value === 'yes'
  else if (key === 'online') host.online = value === 'yes'
  else if (key === 'state') host.state = value === 'pending' ? 'pending' : undefined
  else if (!isOneOf(OF_FACTS, key)) host.labels[key] = value
}

/**
 * Makes a host, or changes one: measured values, `online`, `silent` (connected, no facts), `late` (kubelet not Ready),
 * `unreachable` (no witness gets through), `unread` (its nft answers nothing), `firewall` (another one in charge), `reinstalled`,
 * `etcd` and `k3s` (what they are in), `rtt` (to another host, in ms), labels.
 */
export const hostCommand: Command = {
  name: 'host',
  example: 'host two role=worker cpus=8 online=no',
  run: (world, { words: [name = '', ...pairs] }) => {
    if (!world.hosts.has(name)) world.hosts.set(name, makeHost(world, name))
    const host = hostNamed(world, name)
    for (const pair of pairs) {
      const [key = '', value = ''] = pair.split('=')
      set(host, key, value)
    }
    return ''
  },
}
