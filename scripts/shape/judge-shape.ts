import type { FileShape } from './measure-file.ts'

/** One measure against its budget; `where` lists the worst places, `file:line`. */
export interface Verdict {
  readonly measure: string
  readonly found: number
  readonly budget: number
  readonly ok: boolean
  readonly where: readonly string[]
}

/** The files by their role: budgets of size hold for the product's sources, the caps for everything. */
export interface Shapes {
  readonly sources: readonly FileShape[]
  readonly support: readonly FileShape[]
  readonly tests: readonly FileShape[]
  /** Lines of each scenario text, by path. */
  readonly scenarios: ReadonlyMap<string, number>
}

/** The value below which the given share of the values lies (nearest rank); 0 for no values. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/** Judges the shape budgets: sizes, imports, comments and the constructs that are not used here. */
export const judgeShape = (shapes: Shapes): readonly Verdict[] => {
  const code = [...shapes.sources, ...shapes.support]
  const all = [...code, ...shapes.tests]
  return [...judgeSizes(shapes, code), ...judgeContents(shapes, all)]
}

const judgeSizes = (shapes: Shapes, code: readonly FileShape[]): readonly Verdict[] => {
  const lines = shapes.sources.map(file => file.lines)
  const functions = shapes.sources.flatMap(file => file.functions.map(each => each.lines))
  const scenarios = [...shapes.scenarios.values()]
  return [
    most('source file lines, median', quantile(lines, 0.5), 80),
    most('source file lines, p90', quantile(lines, 0.9), 180),
    cap('file lines, cap', 300, code.map(file => ({ at: file.path, size: file.lines }))),
    cap('test file lines, cap', 400, shapes.tests.map(file => ({ at: file.path, size: file.lines }))),
    most('function lines, p90', quantile(functions, 0.9), 30),
    cap('function lines, cap', 60, code.flatMap(file => file.functions.map(each => ({ at: `${file.path}:${String(each.line)}`, size: each.lines })))),
    most('local imports per file, p90', quantile(shapes.sources.map(file => file.localImports.length), 0.9), 8),
    most('scenario lines, median', quantile(scenarios, 0.5), 80),
    cap('scenario lines, cap', 200, [...shapes.scenarios].map(([at, size]) => ({ at, size }))),
  ]
}

const judgeContents = (shapes: Shapes, all: readonly FileShape[]): readonly Verdict[] => {
  const exports = shapes.sources.flatMap(file => file.exports.map(each => ({ ...each, path: file.path })))
  const bare = exports.filter(each => !each.commented)
  const share = exports.length === 0 ? 100 : Math.floor(100 - (100 * bare.length) / exports.length)
  const banned = all.flatMap(file => file.banned.filter(each => !(each.what === 'default export' && file.path === 'vitest.config.ts')).map(each => `${file.path}:${String(each.line)} ${each.what}`))
  return [
    cap('fields of an options object', 8, all.flatMap(file => file.options.map(each => ({ at: `${file.path}:${String(each.line)} ${each.name}`, size: each.fields })))),
    { measure: 'any, non-null !, enum, export *, default export', found: banned.length, budget: 0, ok: banned.length === 0, where: banned },
    { measure: 'exported symbols with a comment, %', found: share, budget: 80, ok: share >= 80, where: bare.map(each => `${each.path}:${String(each.line)} ${each.name}`) },
  ]
}

const most = (measure: string, found: number, budget: number): Verdict => ({ measure, found, budget, ok: found <= budget, where: [] })

const cap = (measure: string, budget: number, sizes: readonly { readonly at: string; readonly size: number }[]): Verdict => ({
  measure,
  found: Math.max(0, ...sizes.map(each => each.size)),
  budget,
  ok: sizes.every(each => each.size <= budget),
  where: sizes.filter(each => each.size > budget).map(each => `${each.at} (${String(each.size)})`),
})
