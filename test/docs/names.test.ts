import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blocksOf, codeOf, findFiles, readPages, ROOT } from './pages.ts'

const OURS = /^(?:\.changes|\.ci|bench|deploy|docs|openapi|packages|scripts|test|toolchain)\//
const SOURCE = /^[a-z][a-z0-9.-]*\.(?:ts|mjs)$/
/** Names that stand for many. */
const PATTERNS = new Set(['x.test.ts'])

/** The part of a path before the first placeholder, `*` or brace. */
const solid = (path: string): string => {
  const at = path.search(/[<*{…]/)
  return at < 0 ? path : path.slice(0, path.lastIndexOf('/', at))
}

const sources = findFiles('{packages,test,scripts,bench}/**/*.{ts,mjs}')
const baseNames = new Set([...sources, 'vitest.config.ts'].map((path) => path.slice(path.lastIndexOf('/') + 1)))
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { scripts: Record<string, string> }

describe.each(readPages().map((page) => [page.path, page] as const))('%s', (_path, page) => {
  const codes = codeOf(page)

  it('names paths of the repository that are there', () => {
    const paths = codes.filter((code) => OURS.test(code) && !code.includes(' '))
    expect(paths.filter((path) => !existsSync(ROOT + solid(path)))).toEqual([])
  })

  it('names source files that are there', () => {
    const names = codes.filter((code) => SOURCE.test(code) && !PATTERNS.has(code) && !code.startsWith('coordinator.'))
    expect(names.filter((name) => !baseNames.has(name))).toEqual([])
  })

  it('names scripts that are there', () => {
    const typed = [...codes, ...blocksOf(page).flatMap((block) => block.body)].flatMap((text) => [...text.matchAll(/npm run ([a-z:]+)/g)])
    expect(typed.map(([, name = '']) => name).filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })

  it('names variables of the environment that something reads', () => {
    const texts = [...codes, ...blocksOf(page).flatMap((block) => block.body)]
    const names = new Set(texts.flatMap((text) => text.match(/\b(?:DROVER|K3S)_[A-Z0-9_]+\b/g) ?? []))
    const read = [...names].filter((name) => sources.some((path) => !path.startsWith('test/docs/') && readFileSync(ROOT + path, 'utf8').includes(name)))
    expect(read).toEqual([...names])
  })
})
