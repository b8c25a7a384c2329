import type { ClusterSpec } from '@drover/protocol'
import { type Cidr, overlaps, parseCidr } from '@drover/protocol'
import type { Wrong } from '../fault.ts'

const RESERVED: readonly (readonly [cidr: string, what: string])[] = [
  ['0.0.0.0/8', 'is not a network of hosts'],
  ['127.0.0.0/8', 'is loopback'],
  ['169.254.0.0/16', 'is link-local'],
  ['224.0.0.0/3', 'is multicast or reserved'],
  ['::/127', 'is loopback'],
  ['::ffff:0:0/96', 'is IPv4 mapped into IPv6'],
  ['fe80::/10', 'is link-local'],
  ['ff00::/8', 'is multicast'],
]

/** The least that is of use: k3s gives each node a /24 (IPv6: /64) of pods, and services a range of their own. */
const LARGEST_PREFIX = { pods: { 4: 24, 6: 64 }, services: { 4: 28, 6: 124 }, node: { 4: 32, 6: 128 } } as const
const SMALLEST_PREFIX = { pods: { 4: 8, 6: 16 }, services: { 4: 12, 6: 108 }, node: { 4: 4, 6: 8 } } as const

type Field = 'node' | 'pods' | 'services'

const reasonFor = (field: Field, text: string, cidr: Cidr): string | null => {
  const reserved = RESERVED.find(([range]) => overlaps(range, text))
  if (reserved !== undefined) return reserved[1]
  if (cidr.base !== cidr.address) return 'has host bits set: give the first address of the network'
  const [least, most] = [SMALLEST_PREFIX[field][cidr.family], LARGEST_PREFIX[field][cidr.family]]
  if (cidr.prefix > most) return `is too small: /${most} or larger is needed`
  return cidr.prefix < least ? `is too large: at most /${least}` : null
}

const checkOne = (field: Field, text: string): readonly Wrong[] => {
  const cidr = parseCidr(text)
  if (cidr === null) return []
  const reason = reasonFor(field, text, cidr)
  return reason === null ? [] : [{ path: ['network', field], value: text, reason }]
}

const families = (spec: ClusterSpec): readonly Wrong[] => {
  const { pods, services, node } = spec.network
  const family = parseCidr(pods)?.family
  const others = [['services', services], ['node', node ?? '']] as const
  return others.flatMap(([field, text]) => {
    const cidr = parseCidr(text)
    if (cidr === null || cidr.family === family) return []
    return [{ path: ['network', field], value: text, reason: `is IPv${cidr.family}, network.pods is IPv${family}` }]
  })
}

/** Ranges that no cluster can use, that overlap each other, or that are of two families. */
export const checkNetwork = (spec: ClusterSpec): readonly Wrong[] => {
  const { pods, services, node = '' } = spec.network
  const wrong: Wrong[] = [...checkOne('node', node), ...checkOne('pods', pods), ...checkOne('services', services), ...families(spec)]
  if (overlaps(pods, services)) wrong.push({ path: ['network', 'services'], value: services, reason: `overlaps network.pods ${pods}` })
  for (const [field, text] of [['pods', pods], ['services', services]] as const) {
    if (overlaps(text, node)) wrong.push({ path: ['network', field], value: text, reason: `overlaps network.node ${node}` })
  }
  return wrong
}
