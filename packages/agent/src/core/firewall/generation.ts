import { type Admit, type Members, type Ports, portSpan, type Rules, type Ruleset, rulesDigest, withoutPorts } from '@drover/protocol'
import { ACCEPT, add, chain, DROP, element, type Expr, field, flush, match, meta, type NftCommand, oneOrSet, rule, set } from './nft.ts'

/** The id of a generation: the beginning of its rules' digest. */
export const generationOf = (rules: string): string => rules.slice(0, 12)
/** The chain that holds a generation's rules. */
export const chainOf = (id: string): string => `gen_${id}`

/** The sets of members of a generation, by who is in them and which family. */
export const MEMBER_SETS = [
  { prefix: 'node4_', list: 'nodes', family: 4, type: 'ipv4_addr' },
  { prefix: 'node6_', list: 'nodes', family: 6, type: 'ipv6_addr' },
  { prefix: 'srv4_', list: 'servers', family: 4, type: 'ipv4_addr' },
  { prefix: 'srv6_', list: 'servers', family: 6, type: 'ipv6_addr' },
] as const

const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4)
const IP = { 4: 'ip', 6: 'ip6' } as const
const FAMILIES = [4, 6] as const

/** The elements that a set of members holds. */
export const elementsOf = (members: Members, of: (typeof MEMBER_SETS)[number]): readonly string[] =>
  members[of.list].filter((address) => familyOf(address) === of.family)

const network = (cidr: string) => {
  const [addr = '', bits = ''] = cidr.split('/')
  return Number(bits) === (familyOf(addr) === 4 ? 32 : 128) ? addr : { prefix: { addr, len: Number(bits) } }
}

const portsOf = (all: readonly Ports[]) =>
  oneOrSet(
    all.map((ports) => {
      const [first, last] = portSpan(ports)
      return first === last ? first : { range: [first, last] }
    }),
  )

const networksOf = (cidrs: readonly string[], family: 4 | 6): readonly string[] => cidrs.filter((cidr) => familyOf(cidr) === family)

/** Whom a rule is for: one expression per family, or none where it is for everybody. */
const sourcesOf = (admit: Admit, ruleset: Rules, id: string): readonly Expr[] => {
  if (admit.from === 'anyone') return [[]]
  if (admit.from === 'admins') {
    return FAMILIES.flatMap((family) => {
      const mine = networksOf(ruleset.admins, family)
      return mine.length === 0 ? [] : [[match(field(IP[family], 'saddr'), oneOrSet(mine.map(network)))]]
    })
  }
  const prefix = admit.from === 'nodes' ? 'node' : 'srv'
  return FAMILIES.map((family) => [match(field(IP[family], 'saddr'), `@${prefix}${String(family)}_${id}`)])
}

const NEIGHBOURS = [
  'mld-listener-query', 'mld-listener-report', 'mld-listener-done', 'mld2-listener-report',
  'nd-router-solicit', 'nd-router-advert', 'nd-neighbor-solicit', 'nd-neighbor-advert', 'nd-redirect',
] as const
const PINGS = { limit: { rate: 50, burst: 5, per: 'second' } } as const

/** By number: names of protocols come from a file that small systems do not have. */
const IGMP = 2

const unguarded = (guarded: readonly string[]) => match(meta('iifname'), oneOrSet([...guarded]), '!=')

/** Ports that are for the admins alone: no pod of this host reaches them from within, as one of another host does not from outside. */
const adminsAlone = ({ admit }: Rules, proto: Admit['proto']): readonly Ports[] => {
  const of = (isOne: (from: Admit['from']) => boolean): readonly Ports[] => admit.filter((one) => one.proto === proto && isOne(one.from)).flatMap(({ ports }) => ports)
  return withoutPorts(of((from) => from === 'admins'), of((from) => from !== 'admins'))
}

/** Pods reach their own host without passing a guarded interface. */
const fromPods = (ruleset: Rules): readonly Expr[] =>
  (['tcp', 'udp'] as const).flatMap((proto) => {
    const ports = adminsAlone(ruleset, proto)
    return FAMILIES.flatMap((family) => {
      const pods = networksOf(ruleset.overlay, family)
      if (ports.length === 0 || pods.length === 0) return []
      const isPod = match(field(IP[family], 'saddr'), oneOrSet(pods.map(network)))
      const isHere = match({ fib: { result: 'type', flags: ['daddr'] } }, 'local')
      return [[unguarded(ruleset.guarded), isPod, isHere, match(field(proto, 'dport'), portsOf(ports)), ...DROP]]
    })
  })

/** What every generation lets in: replies, what does not come from outside, what a network needs to work at all, and pings at a rate. */
const always = (ruleset: Rules): readonly Expr[] => [
  [match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), ACCEPT],
  ...fromPods(ruleset),
  [unguarded(ruleset.guarded), ACCEPT],
  [match(field('icmpv6', 'type'), { set: [...NEIGHBOURS] }), ACCEPT],
  [match(meta('l4proto'), IGMP), ACCEPT],
  [match(field('udp', 'sport'), 67), match(field('udp', 'dport'), 68), ACCEPT],
  [match(field('udp', 'sport'), 547), match(field('udp', 'dport'), 546), ACCEPT],
  [match(field('icmp', 'type'), 'echo-request'), PINGS, ACCEPT],
  [match(field('icmpv6', 'type'), 'echo-request'), PINGS, ACCEPT],
]

/** All rules of a canonical ruleset's generation, in order; the last one drops. */
export const rulesOf = (ruleset: Rules, id: string): readonly Expr[] => [
  ...always(ruleset),
  ...FAMILIES.flatMap((family) => {
    const mine = networksOf(ruleset.overlay, family)
    return mine.length === 0 ? [] : [[match(field(IP[family], 'daddr'), oneOrSet(mine.map(network))), ...DROP]]
  }),
  ...ruleset.admit.flatMap((admit) =>
    sourcesOf(admit, ruleset, id).map((source) => [...source, match(field(admit.proto, 'dport'), portsOf(admit.ports)), ACCEPT]),
  ),
  DROP,
]

/** Makes a generation whole, or makes what there is of it anew; nothing leads to it yet. Takes a canonical ruleset. */
export const makeGeneration = (ruleset: Ruleset): readonly NftCommand[] => {
  const id = generationOf(rulesDigest(ruleset))
  const name = chainOf(id)
  return [
    ...MEMBER_SETS.flatMap((of) => {
      const elements = elementsOf(ruleset, of)
      const filled = elements.length === 0 ? [] : [add(element(of.prefix + id, elements))]
      return [add(set(of.prefix + id, { type: of.type })), flush(set(of.prefix + id)), ...filled]
    }),
    add(chain(name)),
    flush(chain(name)),
    ...rulesOf(ruleset, id).map((expr) => add(rule(name, expr))),
  ]
}
