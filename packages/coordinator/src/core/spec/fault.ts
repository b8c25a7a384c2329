import type { Fault } from '@drover/protocol'
import { type Document, isCollection, isMap, isPair, type LineCounter } from 'yaml'

/** A parsed text with the means to say where something stands in it. */
export type Source = { readonly doc: Document; readonly lines: LineCounter }

/** A way to a field, as zod names it. */
export type Path = readonly PropertyKey[]

const keyText = (key: unknown): string => (typeof key === 'object' && key !== null && 'value' in key ? String(key.value) : String(key))

const nodeAt = (doc: Document, path: Path): unknown => (path.length === 0 ? doc.contents : doc.getIn(path, true))

const rangeOf = (node: unknown): number | null =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : null

/** Offset of the key (or list item) that the path names; of its nearest parent that is there where it is missing. */
const offsetOf = ({ doc }: Source, path: Path): number => {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = nodeAt(doc, path.slice(0, depth - 1))
    const key = path[depth - 1]
    const pair = isMap(parent) ? parent.items.find((item) => isPair(item) && keyText(item.key) === String(key)) : undefined
    const offset = rangeOf(pair?.key ?? (isCollection(parent) ? parent.get(key, true) : undefined))
    if (offset !== null) return offset
  }
  return 0
}

/** Line and column, both from 1, of an offset. */
export const placeOf = (lines: LineCounter, offset: number): Pick<Fault, 'line' | 'column'> => {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

/** True where the path is written in the text. */
export const isWritten = ({ doc }: Source, path: Path): boolean => doc.hasIn(path)

const SHOWN = 100

/** What stands there, shortened; null for nothing. */
export const shown = (value: unknown): string | null => {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

/** What is wrong at one place of the spec. */
export type Wrong = { readonly path: Path; readonly value?: unknown; readonly reason: string; readonly nearest?: string | null }

/** A fault with its line and column. */
export const faultAt = (source: Source, wrong: Wrong): Fault => ({
  path: wrong.path.map(String).join('.'),
  ...placeOf(source.lines, offsetOf(source, wrong.path)),
  value: shown(wrong.value),
  reason: wrong.reason,
  nearest: wrong.nearest ?? null,
})
