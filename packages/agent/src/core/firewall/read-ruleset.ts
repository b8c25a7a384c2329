import { type Admit, canonicalRuleset, type Json, type Members, type Ruleset, rulesDigest, type Source } from '@drover/protocol'
import { chainOf, generationOf, MEMBER_SETS, rulesOf } from './generation.ts'
import type { Expr } from './nft.ts'
import { fieldOf, networksIn, normalRule, portsIn, valuesOf, wordsIn } from './normal.ts'
import type { Table } from './table.ts'

type Match = { readonly field: string; readonly protocol: string; readonly right: Json | undefined }

const matchesOf = (expr: Expr): readonly Match[] =>
  expr.flatMap((part) => {
    const left = fieldOf(part, 'match', 'left', 'payload')
    const [name, protocol] = [fieldOf(left, 'field'), fieldOf(left, 'protocol')]
    return typeof name === 'string' && typeof protocol === 'string' ? [{ field: name, protocol, right: fieldOf(part, 'match', 'right') }] : []
  })

const sourceOf = (right: Json | undefined): Source => {
  if (typeof right === 'string' && right.startsWith('@node')) return 'nodes'
  return typeof right === 'string' && right.startsWith('@srv') ? 'servers' : 'admins'
}

type Found = { readonly admit: Admit; readonly admins: readonly string[] }

const isAccept = (expr: Expr): boolean => fieldOf(expr.at(-1), 'accept') !== undefined

/** A rule that lets ports in, or null for any other. */
const admitOf = (expr: Expr): Found | null => {
  const matches = matchesOf(expr)
  const [port, ...others] = matches.filter(({ field }) => field === 'dport')
  if (!isAccept(expr) || port === undefined || others.length > 0 || matches.some(({ field }) => field === 'sport')) return null
  if (port.protocol !== 'tcp' && port.protocol !== 'udp') return null
  const address = matches.find(({ field }) => field === 'saddr')
  const from = address === undefined ? 'anyone' : sourceOf(address.right)
  const admins = from === 'admins' ? networksIn(address?.right) : []
  return { admit: { from, proto: port.protocol, ports: portsIn(port.right) }, admins }
}

const overlayOf = (rules: readonly Expr[]): readonly string[] =>
  rules.flatMap((expr) => matchesOf(expr).flatMap(({ field, right }) => (field === 'daddr' ? networksIn(right) : [])))

const guardedOf = (rules: readonly Expr[]): readonly string[] => {
  const first = rules.map(([part]) => part).find((part) => fieldOf(part, 'match', 'left', 'meta', 'key') === 'iifname')
  return wordsIn(fieldOf(first, 'match', 'right'))
}

const membersOf = (table: Table, id: string): Members => {
  const of = (list: 'nodes' | 'servers'): string[] =>
    MEMBER_SETS.filter((one) => one.list === list).flatMap(({ prefix }) => (table.sets.get(prefix + id) ?? []).flatMap((one) => valuesOf(one).filter((value) => typeof value === 'string')))
  return { nodes: of('nodes'), servers: of('servers') }
}

/** What a generation's rules were made from; null where they are not exactly what such a ruleset is made into. */
export const readRuleset = (table: Table, id: string): Ruleset | null => {
  const rules = table.rules.get(chainOf(id)) ?? []
  const found = rules.map(admitOf).filter((one) => one !== null)
  const ruleset = canonicalRuleset({
    guarded: [...guardedOf(rules)],
    ...membersOf(table, id),
    admins: found.flatMap(({ admins }) => admins),
    admit: found.map(({ admit }) => admit),
    overlay: [...overlayOf(rules)],
  })
  const wanted = rulesOf(ruleset, id).map(normalRule)
  const isExact = wanted.length === rules.length && rules.every((expr, index) => normalRule(expr) === wanted[index])
  return isExact && generationOf(rulesDigest(ruleset)) === id ? ruleset : null
}
