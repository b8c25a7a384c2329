import type { Json } from '@drover/protocol'
import type { Expr } from './nft.ts'
import { fieldOf, listOf } from './normal.ts'

/** The table as the kernel (or a file of commands) tells it. */
export type Table = {
  readonly chains: ReadonlyMap<string, Json>
  /** Rules of each chain, in order. */
  readonly rules: ReadonlyMap<string, readonly Expr[]>
  /** Elements of each set. */
  readonly sets: ReadonlyMap<string, readonly Json[]>
}

const objectsIn = (text: string): readonly Json[] => {
  const all = listOf(fieldOf(JSON.parse(text) as Json, 'nftables'))
  return all.map((one) => fieldOf(one, 'add') ?? one)
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/** Reads what `nft -j list table` prints, or a file of `add` commands; throws SyntaxError for what is no JSON. */
export const parseTable = (text: string): Table => {
  const chains = new Map<string, Json>()
  const rules = new Map<string, readonly Expr[]>()
  const sets = new Map<string, readonly Json[]>()
  for (const object of objectsIn(text)) {
    const [chain, rule, set, element] = ['chain', 'rule', 'set', 'element'].map((kind) => fieldOf(object, kind))
    if (chain !== undefined) chains.set(textOf(fieldOf(chain, 'name')), chain)
    if (rule !== undefined) {
      const name = textOf(fieldOf(rule, 'chain'))
      rules.set(name, [...(rules.get(name) ?? []), listOf(fieldOf(rule, 'expr'))])
    }
    for (const one of [set, element]) {
      if (one === undefined) continue
      const name = textOf(fieldOf(one, 'name'))
      sets.set(name, [...(sets.get(name) ?? []), ...listOf(fieldOf(one, 'elem'))])
    }
  }
  return { chains, rules, sets }
}
