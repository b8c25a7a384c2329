import { type Digests, digestsOf, type Ruleset } from '@drover/protocol'
import { armedGoto } from './commands.ts'
import { chainOf } from './generation.ts'
import { ARMED, EDGE, type Expr, goTo } from './nft.ts'
import { fieldOf, normalRule } from './normal.ts'
import { readRuleset } from './read-ruleset.ts'
import type { Table } from './table.ts'

/** A generation in force: its digests, and what it was made from; null where somebody else has changed it. */
export type Held = { readonly digests: Digests; readonly ruleset: Ruleset | null }

/** What the table does now. */
export type FirewallState = {
  readonly active: Held | null
  /** In force while the kernel's time runs; null once it is over, though its rules may still lie there. */
  readonly staged: Held | null
  /** A stage whose time is over left its rules behind. */
  readonly expired: boolean
  /** Ids of all generations of the table, in force or not. */
  readonly generations: readonly string[]
}

/** No table at all. */
export const NO_TABLE: FirewallState = { active: null, staged: null, expired: false, generations: [] }

/** Digests that no ruleset has: rules that were changed by somebody else. */
const CHANGED: Digests = { rules: '0'.repeat(64), members: '0'.repeat(64) }

const PREFIX = chainOf('')

const heldOf = (table: Table, id: string): Held => {
  const ruleset = readRuleset(table, id)
  return { digests: ruleset === null ? CHANGED : digestsOf(ruleset), ruleset }
}

const targetOf = (expr: Expr | undefined): string | null => {
  const target = expr === undefined ? undefined : fieldOf(expr.at(-1), 'goto', 'target')
  return typeof target === 'string' && target.startsWith(PREFIX) ? target.slice(PREFIX.length) : null
}

const isEdge = (table: Table): boolean =>
  Object.entries(EDGE).every(([key, value]) => fieldOf(table.chains.get(EDGE.name), key) === value)

type Dispatch = { readonly staged: string | null; readonly active: string | null; readonly whole: boolean }

const dispatchOf = (rules: readonly Expr[]): Dispatch => {
  const first = rules[0]
  const id = targetOf(first)
  const isArmed = id !== null && first !== undefined && normalRule(first) === normalRule(armedGoto(id))
  const staged = isArmed ? id : null
  const rest = isArmed ? rules.slice(1) : rules
  const active = targetOf(rest[0])
  const plain = active === null ? rest.length === 0 : rest.length === 1 && rest[0] !== undefined && normalRule(rest[0]) === normalRule([goTo(chainOf(active))])
  return { staged, active, whole: plain && (staged !== null || active !== null) }
}

/** Reads which generations are in force; whatever does not look like ours counts as changed by somebody else. */
export const stateOf = (table: Table): FirewallState => {
  const generations = [...table.chains.keys()].filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length))
  if (!table.chains.has(EDGE.name)) return { ...NO_TABLE, generations }
  const { staged, active, whole } = dispatchOf(table.rules.get(EDGE.name) ?? [])
  if (!isEdge(table) || !whole) return { active: { digests: CHANGED, ruleset: null }, staged: null, expired: false, generations }
  const isArmed = (table.sets.get(ARMED) ?? []).length > 0
  return {
    active: active === null ? null : heldOf(table, active),
    staged: staged !== null && isArmed ? heldOf(table, staged) : null,
    expired: staged !== null && !isArmed,
    generations,
  }
}
