import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The repository's folder, ending in a slash. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A page: its path from the root and its text. */
export type Page = { readonly path: string; readonly text: string }

/** A fenced block: what stands behind the fence, the line above it, its lines, and where it begins (first line 1). */
export type Block = { readonly page: string; readonly line: number; readonly info: string; readonly above: string; readonly body: readonly string[] }

/** Files of the repository by a pattern from the root, without what is installed or built. */
export const findFiles = (pattern: string): readonly string[] =>
  globSync(pattern, { cwd: ROOT, exclude: ['**/node_modules', '**/dist', '**/.git', '**/coverage'] }).toSorted()

/** One page of the repository. */
export const readPage = (path: string): Page => ({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') })

/** Every Markdown page of the repository. */
export const readPages = (): readonly Page[] => [...findFiles('**/*.md'), ...findFiles('.changes/*.md')].map(readPage)

/** The fenced blocks of a page. */
export const blocksOf = ({ path, text }: Page): readonly Block[] => {
  const lines = text.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const info = /^```(.*)$/.exec(lines[at] ?? '')?.[1]
    if (info === undefined) continue
    const end = lines.indexOf('```', at + 1)
    if (end < 0) throw new Error(`${path}:${String(at + 1)}: the block does not end`)
    blocks.push({ page: path, line: at + 1, info, above: lines[at - 1] ?? '', body: lines.slice(at + 1, end) })
    at = end
  }
  return blocks
}

/** A page's text without its fenced blocks. */
export const proseOf = ({ text }: Page): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '')

/** What stands between single backticks in a page's prose. */
export const codeOf = (page: Page): readonly string[] => [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
