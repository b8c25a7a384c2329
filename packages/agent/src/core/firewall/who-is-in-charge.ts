import { FIREWALL, type Json } from '@drover/protocol'
import { fieldOf, listOf } from './normal.ts'

/** A base chain of somebody else that sees what comes in. */
export type ForeignChain = { readonly family: string; readonly table: string; readonly name: string; readonly policy: string }

const FAMILIES: readonly unknown[] = ['ip', 'ip6', 'inet']
const HOOKS: readonly unknown[] = ['input', 'prerouting']
const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

const objectsOf = (text: string): readonly Json[] => {
  try {
    return listOf(fieldOf(JSON.parse(text) as Json, 'nftables'))
  } catch {
    return []
  }
}

/** The base chains at input and prerouting that `nft -j list chains` tells, without Drover's own. */
export const foreignChains = (text: string): readonly ForeignChain[] =>
  objectsOf(text).flatMap((object) => {
    const chain = fieldOf(object, 'chain')
    const [family, table] = [textOf(fieldOf(chain, 'family')), textOf(fieldOf(chain, 'table'))]
    if (!FAMILIES.includes(family) || !HOOKS.includes(fieldOf(chain, 'hook')) || `${family} ${table}` === FIREWALL.table) return []
    return [{ family, table, name: textOf(fieldOf(chain, 'name')), policy: textOf(fieldOf(chain, 'policy')) }]
  })

const NO_CONDITION = ['counter', 'comment', 'drop', 'reject', 'log', 'limit']

/** True where a chain (`nft -j list chain`) has a rule that drops or rejects whatever comes to it. */
export const dropsAll = (text: string): boolean =>
  objectsOf(text).some((object) => {
    const expr = listOf(fieldOf(object, 'rule', 'expr'))
    const kinds = expr.flatMap((part) => (typeof part === 'object' && part !== null ? Object.keys(part) : []))
    return kinds.some((kind) => kind === 'drop' || kind === 'reject') && kinds.every((kind) => NO_CONDITION.includes(kind))
  })

/** The first line of `iptables-save` by which INPUT or PREROUTING drops whatever comes to it; null: none. */
export const droppingLine = (text: string): string | null =>
  text.split('\n').find((line) => /^:(?:INPUT|PREROUTING) (?:DROP|REJECT)\b/.test(line) || /^-A (?:INPUT|PREROUTING) -j (?:DROP|REJECT)\b/.test(line)) ?? null

/** True where ufw is turned on by its own file (`ENABLED=yes` in /etc/ufw/ufw.conf). */
export const ufwIsOn = (text: string): boolean => /^\s*ENABLED\s*=\s*["']?yes["']?\s*$/im.test(text)
