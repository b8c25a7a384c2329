import { parseSync, Visitor } from 'oxc-parser'

/** What the budgets ask of one TypeScript file; line numbers are 1-based. */
export interface FileShape {
  readonly path: string
  readonly lines: number
  /** Lines of each function that has a block body. */
  readonly functions: readonly { readonly line: number; readonly lines: number }[]
  readonly exports: readonly { readonly name: string; readonly line: number; readonly commented: boolean }[]
  /** Names of the modules imported by a relative path. */
  readonly localImports: readonly string[]
  /** Interfaces and object types named …Options, with their number of fields. */
  readonly options: readonly { readonly name: string; readonly line: number; readonly fields: number }[]
  /** Constructs that the language lets pass and we do not, which no lint comment can silence here. */
  readonly banned: readonly { readonly what: string; readonly line: number }[]
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Reads one file's shape from its syntax tree; throws where the text is no TypeScript. */
export const measureFile = (path: string, text: string): FileShape => {
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message ?? 'cannot be parsed'}`)
  const lineOf = lineFinder(text)
  const functions: { line: number; lines: number }[] = []
  const exports: { name: string; line: number; commented: boolean }[] = []
  const localImports: string[] = []
  const options: { name: string; line: number; fields: number }[] = []
  const banned: { what: string; line: number }[] = []

  const span = (node: Span & { readonly body?: { readonly type: string } | null }): void => {
    if (node.body?.type !== 'BlockStatement') return
    functions.push({ line: lineOf(node.start), lines: lineOf(node.end) - lineOf(node.start) + 1 })
  }
  const ban = (what: string) => (node: Span): void => void banned.push({ what, line: lineOf(node.start) })
  const fields = (name: string, node: Span, count: number): void => {
    if (name.endsWith('Options')) options.push({ name, line: lineOf(node.start), fields: count })
  }
  const commentedAt = (start: number): boolean =>
    comments.some(comment => comment.end <= start && text.slice(comment.end, start).trim() === '' && comment.type === 'Block')

  new Visitor({
    FunctionDeclaration: span,
    FunctionExpression: span,
    ArrowFunctionExpression: span,
    TSAnyKeyword: ban('any'),
    TSNonNullExpression: ban('non-null !'),
    TSEnumDeclaration: ban('enum'),
    ExportAllDeclaration: ban('export *'),
    ExportDefaultDeclaration: ban('default export'),
    ImportDeclaration: node => {
      if (node.source.value.startsWith('.')) localImports.push(node.source.value)
    },
    TSInterfaceDeclaration: node => fields(node.id.name, node, node.body.body.length),
    TSTypeAliasDeclaration: node => {
      if (node.typeAnnotation.type === 'TSTypeLiteral') fields(node.id.name, node, node.typeAnnotation.members.length)
    },
    ExportNamedDeclaration: node => {
      const commented = commentedAt(node.start)
      for (const name of declaredNames(node.declaration)) exports.push({ name, line: lineOf(node.start), commented })
    },
  }).visit(program)
  return { path, lines: text.trimEnd().split('\n').length, functions, exports, localImports, options, banned }
}

type Declaration = { readonly type: string; readonly id?: unknown; readonly declarations?: readonly { readonly id: unknown }[] } | null

const declaredNames = (declaration: Declaration): readonly string[] => {
  if (declaration === null) return []
  const ids = declaration.declarations?.map(each => each.id) ?? [declaration.id]
  return ids.flatMap(id => (typeof id === 'object' && id !== null && 'name' in id && typeof id.name === 'string' ? [id.name] : []))
}

const lineFinder = (text: string): ((offset: number) => number) => {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return offset => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
