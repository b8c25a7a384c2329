import { describe, expect, test } from 'vitest'
import { judgeShape, quantile } from './judge-shape.ts'
import type { FileShape } from './measure-file.ts'

const file = (path: string, over: Partial<FileShape> = {}): FileShape => ({
  path,
  lines: 50,
  functions: [],
  exports: [],
  localImports: [],
  options: [],
  banned: [],
  ...over,
})

const over = (source: FileShape, scenarios = new Map<string, number>()): readonly string[] =>
  judgeShape({ sources: [source], support: [], tests: [], scenarios })
    .filter(verdict => !verdict.ok)
    .map(verdict => verdict.measure)

describe('quantile', () => {
  test.each([
    [[], 0.5, 0],
    [[7], 0.9, 7],
    [[4, 1, 3, 2], 0.5, 2],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9, 9],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBe(expected)
  })
})

describe('judgeShape', () => {
  test('passes a file within its budgets', () => {
    expect(over(file('a.ts'))).toEqual([])
  })

  test.each<[string, Partial<FileShape>, readonly string[]]>([
    ['a file over the cap', { lines: 301 }, ['source file lines, median', 'source file lines, p90', 'file lines, cap']],
    ['a function over the cap', { functions: [{ line: 3, lines: 61 }] }, ['function lines, p90', 'function lines, cap']],
    ['nine local imports', { localImports: Array.from({ length: 9 }, (_, at) => `./${String(at)}.ts`) }, ['local imports per file, p90']],
    ['nine options', { options: [{ name: 'XOptions', line: 1, fields: 9 }] }, ['fields of an options object']],
    ['an any', { banned: [{ what: 'any', line: 1 }] }, ['any, non-null !, enum, export *, default export']],
    ['exports without comments', { exports: [{ name: 'x', line: 1, commented: false }] }, ['exported symbols with a comment, %']],
  ])('refuses %s', (_, shape, expected) => {
    expect(over(file('a.ts', shape))).toEqual(expected)
  })

  test('refuses a scenario over the cap, naming it', () => {
    const verdict = judgeShape({ sources: [], support: [], tests: [], scenarios: new Map([['long.txt', 201]]) }).find(each => each.measure === 'scenario lines, cap')
    expect(verdict).toMatchObject({ ok: false, where: ['long.txt (201)'] })
  })
})
