import { describe, expect, it } from 'vitest'
import { blocksOf, findFiles, readPage } from './pages.ts'

const adding = findFiles('docs/guides/add-a-*.md')
const decisions = findFiles('docs/adr/*.md')

describe('guides', () => {
  it('there is one for each thing to add', () => {
    expect(adding.map((path) => path.slice('docs/guides/add-a-'.length))).toEqual(['fact.md', 'route.md', 'rule.md', 'scenario.md', 'step.md'])
  })

  it.each(adding)('%s is one screen with at most six boxes', (path) => {
    const { text } = readPage(path)
    const boxes = text.match(/^- \[ \] /gm) ?? []
    expect(boxes.length).toBeGreaterThan(2)
    expect(boxes.length).toBeLessThanOrEqual(6)
    expect(text.split('\n').length).toBeLessThanOrEqual(50)
  })
})

describe('decisions', () => {
  it('are numbered without a gap and named in the map', () => {
    const map = readPage('docs/README.md').text
    expect(decisions.map((path) => path.slice('docs/adr/'.length, 'docs/adr/'.length + 4))).toEqual(decisions.map((_, at) => String(at + 1).padStart(4, '0')))
    expect(decisions.filter((path) => !map.includes(`](${path.slice('docs/'.length)})`))).toEqual([])
  })

  it.each(decisions)('%s is a page of context, decision and consequences', (path) => {
    const { text } = readPage(path)
    expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(['Context', 'Decision', 'Consequences'])
    expect(text).toMatch(new RegExp(`^# ${path.slice('docs/adr/'.length, 'docs/adr/'.length + 4)}\\. `))
    expect(text.split('\n').length).toBeLessThanOrEqual(60)
  })
})

describe('the tour of the README', () => {
  const blocks = blocksOf(readPage('README.md')).filter((block) => block.info === 'sh tour')

  it('says above each block where it is typed', () => {
    expect(blocks.length).toBeGreaterThan(8)
    const form = /^<!-- tour: (?:in the repository|on (?:one|each host)(?:, needs k3s|, paste on [a-z]+(?: [a-z]+)*)?) -->$/
    expect(blocks.filter((block) => !form.test(block.above)).map((block) => block.line)).toEqual([])
  })

  it('names the archive of this version', () => {
    const { version } = JSON.parse(readPage('package.json').text) as { version: string }
    const named = new Set(readPage('README.md').text.match(/drover-\d+\.\d+\.\d+-linux/g))
    expect([...named]).toEqual([`drover-${version}-linux`])
  })
})
