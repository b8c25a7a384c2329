import { cidrsBetween, type Json, mergeCidrs, mergePorts } from '@drover/protocol'
import type { Expr } from './nft.ts'

type Fields = { readonly [key: string]: Json }
const isFields = (value: Json | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A field of an object; undefined for anything else. */
export const fieldOf = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((at, key) => (isFields(at) ? at[key] : undefined), value)

/** The items of a list; empty for anything else. */
export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])

const networkOf = (value: Json): readonly string[] => {
  const [addr, len] = [fieldOf(value, 'prefix', 'addr'), fieldOf(value, 'prefix', 'len')]
  if (typeof addr === 'string' && typeof len === 'number') return [`${addr}/${String(len)}`]
  const [first, last] = listOf(fieldOf(value, 'range'))
  if (typeof first === 'string' && typeof last === 'string') return cidrsBetween(first, last)
  return typeof value === 'string' ? [value] : []
}

const isName = (value: Json | undefined): value is string => typeof value === 'string' && value.startsWith('@')

/** The values of the right side: one, or those of an anonymous set. */
export const valuesOf = (right: Json | undefined): readonly Json[] => {
  const members = fieldOf(right, 'set')
  if (members !== undefined) return listOf(members)
  return right === undefined ? [] : [right]
}

/** Networks on the right side of an address match, merged. */
export const networksIn = (right: Json | undefined): string[] => mergeCidrs(valuesOf(right).flatMap(networkOf))

/** Ports on the right side of a port match, merged. */
export const portsIn = (right: Json | undefined): (number | string)[] =>
  mergePorts(
    valuesOf(right).flatMap((value) => {
      const [first, last] = listOf(fieldOf(value, 'range'))
      if (typeof first === 'number' && typeof last === 'number') return [first === last ? first : `${String(first)}-${String(last)}`]
      return typeof value === 'number' ? [value] : []
    }),
  )

/** nft tells a protocol by name where the system has a list of names. */
const wordOf = (value: Json): string => {
  if (value === 'igmp') return '2'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Words on the right side, sorted. */
export const wordsIn = (right: Json | undefined): string[] => {
  const values = Array.isArray(right) ? (right as readonly Json[]) : valuesOf(right)
  return values.map(wordOf).toSorted()
}

const rightSide = (left: Json | undefined, right: Json | undefined): Json => {
  if (isName(right)) return right
  const name = fieldOf(left, 'payload', 'field')
  if (name === 'saddr' || name === 'daddr') return networksIn(right)
  return name === 'dport' || name === 'sport' ? portsIn(right) : wordsIn(right)
}

/** Newer versions of nft tell a single flag without a list. */
const leftSide = (left: Json | undefined): Json => {
  const flags = fieldOf(left, 'fib', 'flags')
  return flags === undefined ? (left ?? null) : ['fib', fieldOf(left, 'fib', 'result') ?? null, Array.isArray(flags) ? flags : [flags]]
}

const normalOne = (part: Json): Json => {
  const matched = fieldOf(part, 'match')
  if (matched !== undefined) {
    const [left, right, op] = [fieldOf(matched, 'left'), fieldOf(matched, 'right'), fieldOf(matched, 'op')]
    return ['match', leftSide(left), op === 'in' ? '==' : (op ?? null), rightSide(left, right)]
  }
  if (fieldOf(part, 'counter') !== undefined) return ['counter']
  const limit = fieldOf(part, 'limit')
  return limit === undefined ? part : ['limit', fieldOf(limit, 'rate') ?? null, fieldOf(limit, 'per') ?? null]
}

/** A rule in the one form that what we wrote and what the kernel tells have in common: without counts, sets merged and sorted. */
export const normalRule = (expr: Expr): string => JSON.stringify(expr.map(normalOne))
