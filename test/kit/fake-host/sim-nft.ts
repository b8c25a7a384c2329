import { existsSync, readFileSync } from 'node:fs'
import type { Json } from '@drover/protocol'
import type { SimWorld } from './world.ts'

/** The table of Drover as a simulated kernel holds it; no other table is simulated. */
export type SimTable = {
  chains: Record<string, Json>
  sets: Record<string, { readonly set: Json; elem: Json[] }>
  rules: { readonly chain: string; readonly expr: Json }[]
}

type Named = { readonly name: string; readonly chain?: string; readonly expr?: Json; readonly elem?: Json[] }
type Objects = Readonly<Partial<Record<'table' | 'chain' | 'set' | 'element' | 'rule', Named>>>

const fail = (why: string): never => {
  throw new Error(why)
}
const have = <T>(value: T | undefined): T => value ?? fail('No such file or directory')
const isUsed = (table: SimTable, text: string): boolean => table.rules.some(({ expr }) => JSON.stringify(expr).includes(text))

const addRule = (table: SimTable, rule: Named): void => {
  const { chain = '', expr = [] } = rule
  const text = JSON.stringify(expr)
  have(table.chains[chain])
  for (const [, name = ''] of text.matchAll(/"@(\w+)"/g)) have(table.sets[name])
  for (const [, name = ''] of text.matchAll(/"target":"(\w+)"/g)) have(table.chains[name])
  table.rules.push({ chain, expr })
}

const addElements = (table: SimTable, { name, elem = [] }: Named): void => {
  const held = have(table.sets[name])
  const known = new Set(held.elem.map((one) => JSON.stringify(one)))
  held.elem = [...held.elem, ...elem.filter((one) => !known.has(JSON.stringify(one)))]
}

const addTo = (table: SimTable, { chain, set, element, rule }: Objects): void => {
  if (chain !== undefined) table.chains[chain.name] ??= chain as Json
  if (set !== undefined) table.sets[set.name] ??= { set: set as Json, elem: [] }
  if (element !== undefined) addElements(table, element)
  if (rule !== undefined) addRule(table, rule)
}

const flushOf = (table: SimTable, { chain, set }: Objects): void => {
  if (chain !== undefined) {
    have(table.chains[chain.name])
    table.rules = table.rules.filter((rule) => rule.chain !== chain.name)
  }
  if (set !== undefined) have(table.sets[set.name]).elem = []
}

const deleteFrom = (table: SimTable, { chain, set, element }: Objects): void => {
  if (chain !== undefined) {
    have(table.chains[chain.name])
    if (isUsed(table, `"target":"${chain.name}"`) || table.rules.some((rule) => rule.chain === chain.name)) fail('Device or resource busy')
    delete table.chains[chain.name]
  }
  if (set !== undefined) {
    have(table.sets[set.name])
    if (isUsed(table, `"@${set.name}"`)) fail('Device or resource busy')
    delete table.sets[set.name]
  }
  if (element !== undefined) {
    const held = have(table.sets[element.name])
    for (const one of element.elem ?? []) {
      if (!held.elem.includes(one)) fail('No such file or directory')
      held.elem = held.elem.filter((old) => old !== one)
    }
  }
}

type Command = { readonly add?: Objects; readonly flush?: Objects; readonly delete?: Objects }

const changeTable = (table: SimTable, { add = {}, flush = {}, delete: gone = {} }: Command): SimTable => {
  addTo(table, add)
  flushOf(table, flush)
  deleteFrom(table, gone)
  return table
}

const step = (table: SimTable | null, command: Command): SimTable | null => {
  if (command.add?.table !== undefined) return table ?? { chains: {}, sets: {}, rules: [] }
  if (table === null) return fail('No such file or directory')
  return command.delete?.table === undefined ? changeTable(table, command) : null
}

/** `nft -j -f FILE`: all of the file's commands, or none; gives what nft would say of a failure. */
export const loadNft = (root: string, world: SimWorld, path: string): string => {
  if (!existsSync(`${root}${path}`)) return `Error: Could not open file "${path}"`
  const { nftables } = JSON.parse(readFileSync(`${root}${path}`, 'utf8')) as { nftables: Command[] }
  try {
    world.nft = nftables.reduce<SimTable | null>(step, structuredClone(world.nft))
    return ''
  } catch (error) {
    return `Error: Could not process rule: ${(error as Error).message}`
  }
}

/** `nft -j list …`: the table, or the base chains and rules of others that the world was given. */
export const listNft = (world: SimWorld, args: readonly string[]): string | null => {
  if (args[2] !== 'table') return JSON.stringify({ nftables: args[2] === 'chains' ? world.foreignChains : [] })
  if (world.nft === null) return null
  const { chains, sets, rules } = world.nft
  const shown = [
    ...Object.values(sets).map(({ set, elem }) => ({ set: { ...(set as Record<string, Json>), elem } })),
    ...Object.values(chains).map((chain) => ({ chain })),
    ...rules.map((rule) => ({ rule })),
  ]
  return JSON.stringify({ nftables: [{ metainfo: {} }, ...shown] })
}

/** The kernel's time for what is staged is over. */
export const expireArmed = (world: SimWorld): void => {
  const armed = world.nft?.sets['armed']
  if (armed !== undefined) armed.elem = []
}
