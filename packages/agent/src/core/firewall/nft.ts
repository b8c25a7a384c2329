import type { Json } from '@drover/protocol'

/** One expression list of a rule, in nft's JSON (libnftables-json(5)). */
export type Expr = readonly Json[]
/** One command of a transaction, in nft's JSON. */
export type NftCommand = Json

/** The table, in every command. */
const AT = { family: 'inet', table: 'drover' } as const
/** The table itself as an object of nft's JSON. */
export const TABLE = { table: { family: 'inet', name: 'drover' } } as const

/** The base chain: before kube-proxy's and the CNI's DNAT (-100), after conntrack (-200). */
export const EDGE = { name: 'edge', type: 'filter', hook: 'prerouting', prio: -110, policy: 'accept' } as const
/** The set whose elements time out: while they live, what is staged is in force. */
export const ARMED = 'armed'

/** `add` of anything. */
export const add = (object: Json): NftCommand => ({ add: object })
/** `flush` of a set or a chain. */
export const flush = (object: Json): NftCommand => ({ flush: object })
/** `delete` of anything. */
export const remove = (object: Json): NftCommand => ({ delete: object })

/** A chain of the table by name. */
export const chain = (name: string): Json => ({ chain: { ...AT, name } })
/** The base chain with its hook. */
export const edgeChain: Json = { chain: { ...AT, ...EDGE } }
/** A set of the table. */
export const set = (name: string, more: Readonly<Record<string, Json>> = {}): Json => ({ set: { ...AT, name, ...more } })
/** Elements of a set. */
export const element = (name: string, elem: readonly Json[]): Json => ({ element: { ...AT, name, elem } })
/** A rule at the end of a chain. */
export const rule = (name: string, expr: Expr): Json => ({ rule: { ...AT, chain: name, expr } })

/** `left op right`. */
export const match = (left: Json, right: Json, op = '=='): Json => ({ match: { op, left, right } })
/** A field of a header. */
export const field = (protocol: string, name: string): Json => ({ payload: { protocol, field: name } })
/** A property of a packet that is in no header. */
export const meta = (key: string): Json => ({ meta: { key } })
/** One value as it is, several as an anonymous set. */
export const oneOrSet = (values: readonly Json[]): Json => {
  const [first, ...more] = values
  return first !== undefined && more.length === 0 ? first : { set: values }
}

/** Verdicts. */
export const ACCEPT: Json = { accept: null }
/** Counted and dropped. */
export const DROP: Expr = [{ counter: null }, { drop: null }]
/** On to another chain, not to come back. */
export const goTo = (target: string): Json => ({ goto: { target } })

/** The text that `nft -j -f` takes: one transaction. */
export const transaction = (commands: readonly NftCommand[]): string => `${JSON.stringify({ nftables: commands })}\n`
