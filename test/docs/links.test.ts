import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Page, proseOf, readPage, readPages, ROOT } from './pages.ts'

const anchorOf = (heading: string): string => heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s-]/gu, '').replaceAll(/\s/g, '-')
const anchorsOf = (page: Page): readonly string[] => [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

/** Why a link leads nowhere; null where it leads somewhere, also to another site. */
const faultOf = (page: Page, link: string): string | null => {
  if (/^[a-z]+:/.test(link)) return null
  const [file = '', anchor] = link.split('#')
  const target = file === '' ? page.path : join(dirname(page.path), file)
  if (!existsSync(ROOT + target)) return `${page.path}: ${link}: no such file`
  if (anchor === undefined || anchorsOf(readPage(target)).includes(anchor)) return null
  return `${page.path}: ${link}: no such heading`
}

const linksOf = (page: Page): readonly string[] => [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)

describe('links', () => {
  it.each(readPages().map((page) => [page.path, page] as const))('of %s lead somewhere', (_path, page) => {
    expect(linksOf(page).flatMap((link) => faultOf(page, link) ?? [])).toEqual([])
  })

  it('there are links, and one that leads nowhere is found', () => {
    expect(readPages().flatMap(linksOf).length).toBeGreaterThan(50)
    expect(faultOf(readPage('README.md'), 'docs/nothing.md')).toBe('README.md: docs/nothing.md: no such file')
    expect(faultOf(readPage('README.md'), 'docs/README.md#nothing')).toBe('README.md: docs/README.md#nothing: no such heading')
  })

  it('the map names every page of docs', () => {
    const map = readPage('docs/README.md')
    const known = linksOf(map).map((link) => join('docs', link))
    expect(readPages().map((page) => page.path).filter((path) => path.startsWith('docs/') && path !== map.path && !known.includes(path))).toEqual([])
  })
})
