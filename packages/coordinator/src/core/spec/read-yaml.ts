import type { Fault } from '@drover/protocol'
import { isAlias, isCollection, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { placeOf, shown, type Source } from './fault.ts'

/** A spec is a few lines; what is larger than 256 Ki characters is no spec. */
export const MAX_SPEC = 262_144
const MAX_FAULTS = 20

/** The document, or what is wrong with the text. */
export type ReadYaml = { readonly source: Source; readonly faults: readonly Fault[] }

const REASONS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'the key stands here twice',
  MULTIPLE_DOCS: 'a second document starts here: one spec, one document',
  TAB_AS_INDENT: 'indented by a tab: YAML takes spaces only',
  TAG_RESOLVE_FAILED: 'tags are not allowed',
  RESOURCE_EXHAUSTION: 'nested too deeply',
}

const NO_MERGE = 'merge keys are not allowed: write the fields out'

type Oddity = { readonly at: number; readonly reason: string; readonly value: string | null }

const isOctalLooking = (source: string | undefined): boolean => source !== undefined && /^[-+]?0\d+$/.test(source)

const oddityOf = (node: unknown): string | null => {
  if (isAlias(node)) return 'aliases are not allowed: write the value out'
  if (!isScalar(node) && !isCollection(node)) return null
  if (node.anchor !== undefined) return 'anchors are not allowed: write the value out'
  if (node.tag !== undefined) return 'tags are not allowed'
  const octal = isScalar(node) && typeof node.value === 'number' && isOctalLooking(node.source)
  return octal ? 'a number with a leading zero is read in two ways: put it in quotes' : null
}

/** Whatever two readers of YAML could understand differently. */
const findOddities = ({ doc }: Source): readonly Oddity[] => {
  const found: Oddity[] = []
  visit(doc, {
    Pair: (_key, pair) => {
      if (!isScalar(pair.key)) found.push({ at: 0, reason: 'a key must be a plain word', value: null })
      else if (pair.key.value === '<<') found.push({ at: pair.key.range?.[0] ?? 0, reason: NO_MERGE, value: null })
    },
    Node: (_key, node) => {
      const reason = oddityOf(node)
      if (reason !== null) found.push({ at: node.range?.[0] ?? 0, reason, value: isScalar(node) ? shown(node.source) : null })
    },
  })
  return found
}

const TOO_LONG: Fault = { path: '', line: null, column: null, value: null, reason: `the spec is longer than ${MAX_SPEC} characters`, nearest: null }

/** Reads YAML 1.2 by the core schema: one document, no aliases, anchors, tags, merge or duplicate keys; a warning is an error. */
export const readYaml = (text: string): ReadYaml => {
  const lines = new LineCounter()
  const isLong = text.length > MAX_SPEC
  const options = { version: '1.2', schema: 'core', merge: false, uniqueKeys: true, prettyErrors: false, lineCounter: lines } as const
  const source = { doc: parseDocument(isLong ? '' : text, options), lines }
  const { doc } = source
  if (isLong) return { source, faults: [TOO_LONG] }
  const bad = [...doc.errors, ...doc.warnings].map(({ code, message, pos }): Oddity => ({ at: pos[0], reason: REASONS[code] ?? message, value: null }))
  const odd = bad.length > 0 ? bad : findOddities(source)
  const faults = odd.map(({ at, reason, value }) => ({ path: '', ...placeOf(lines, at), value, reason, nearest: null }))
  return { source, faults: faults.slice(0, MAX_FAULTS) }
}
