import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { runOrThrow } from './command.ts'
import type { Bridge } from './lab-state.ts'
import { netFile } from './paths.ts'

/** Where the stranger stands: a network of its own (TEST-NET-2 of RFC 5737), routed by the lab's router. */
export const strangerNetwork = { bridge: 'out0', gateway: '198.51.100.1/24', address: '198.51.100.9/24' }

/** Where the admin stands: on the first bridge, address 2 of its network. */
export const adminAddress = (bridges: readonly Bridge[]): string => hostPart(firstBridge(bridges).address, 2)

/** The address of a network with another last number: `10.0.0.1/24` and 11 give `10.0.0.11/24`. */
export function hostPart(address: string, number: number): string {
  const [ip = '', prefix = '24'] = address.split('/')
  return `${ip.split('.').slice(0, 3).join('.')}.${number}/${prefix}`
}

/** An address without its prefix. */
export const bare = (address: string): string => address.split('/')[0] ?? address

/** The bridge on which admin and default routes are; a lab has at least one. */
export function firstBridge(bridges: readonly Bridge[]): Bridge {
  const [first] = bridges
  if (first === undefined) throw new Error('a lab has at least one bridge')
  return first
}

/** Makes the lab's router with its bridges, and the admin's and the stranger's namespace on them. */
export async function makeNetwork(lab: string, bridges: readonly Bridge[]): Promise<void> {
  for (const name of ['router', 'admin', 'stranger']) await makeNamespace(netFile(lab, name))
  const outside = { name: strangerNetwork.bridge, address: strangerNetwork.gateway }
  await inNamespace(lab, 'router', [
    'ip link set lo up',
    'echo 1 >/proc/sys/net/ipv4/ip_forward',
    ...[...bridges, outside].flatMap(bridgeLines),
    ...cableLines(lab, 'admin', firstBridge(bridges).name),
    ...cableLines(lab, 'stranger', outside.name),
  ])
  const gateway = bare(firstBridge(bridges).address)
  await inNamespace(lab, 'admin', vantageLines(adminAddress(bridges), gateway))
  await inNamespace(lab, 'stranger', vantageLines(strangerNetwork.address, bare(strangerNetwork.gateway)))
}

/** Runs shell lines in one of a lab's network namespaces; throws when one fails. */
export async function inNamespace(lab: string, namespace: string, lines: readonly string[]): Promise<void> {
  await runOrThrow(['nsenter', `--net=${netFile(lab, namespace)}`, 'sh', '-euc', lines.join('\n')])
}

async function makeNamespace(file: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
  await runOrThrow(['unshare', `--net=${file}`, 'true'])
}

// without a forward delay of 0 a port waits 15 s before it lets anything pass
const bridgeLines = (bridge: Bridge): string[] => [
  `ip link add ${bridge.name} type bridge forward_delay 0`,
  `ip addr add ${bridge.address} dev ${bridge.name}`,
  `ip link set ${bridge.name} up`,
]

const cableLines = (lab: string, namespace: string, bridge: string): string[] => [
  `ip link add ${namespace} type veth peer name eth0 netns ${netFile(lab, namespace)}`,
  `ip link set ${namespace} master ${bridge} up`,
]

const vantageLines = (address: string, gateway: string): string[] => [
  'ip link set lo up',
  `ip addr add ${address} dev eth0`,
  'ip link set eth0 up',
  `ip route add default via ${gateway}`,
]
