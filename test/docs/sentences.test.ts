import { readdirSync, readFileSync } from 'node:fs'
import { SENTENCES } from '@drover/protocol'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const sources = ['agent', 'cli', 'coordinator', 'protocol'].flatMap((name) =>
  readdirSync(new URL(`packages/${name}/src/`, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.startsWith('say/'))
    .map((path) => readFileSync(new URL(`packages/${name}/src/${path}`, root), 'utf8')),
)

it('every sentence is said somewhere', () => {
  const all = sources.join('\n')
  expect(Object.keys(SENTENCES).filter((code) => !all.includes(`'${code}'`))).toEqual([])
})
