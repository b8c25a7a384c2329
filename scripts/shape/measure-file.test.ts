import { describe, expect, test } from 'vitest'
import { measureFile } from './measure-file.ts'

const text = `import { a } from './a.ts'
import { join } from 'node:path'

/** Said. */
export const said = (b: string) => {
  return join(a, b)
}

export function unsaid(x: any) { return x!.y }
// a line comment is not a doc comment
export type CallOptions = { a: 1; b: 2 }
export enum Colour { Red }
export * from './b.ts'
export default 4
`

describe('measureFile', () => {
  const shape = measureFile('x.ts', text)

  test('counts lines, functions with a body and local imports', () => {
    expect(shape.lines).toBe(14)
    expect(shape.functions).toEqual([
      { line: 5, lines: 3 },
      { line: 9, lines: 1 },
    ])
    expect(shape.localImports).toEqual(['./a.ts'])
  })

  test('tells exports with a doc comment from those without', () => {
    expect(shape.exports.map(each => [each.name, each.commented])).toEqual([
      ['said', true],
      ['unsaid', false],
      ['CallOptions', false],
      ['Colour', false],
    ])
  })

  test('counts the fields of an options type', () => {
    expect(shape.options).toEqual([{ name: 'CallOptions', line: 11, fields: 2 }])
  })

  test('names every construct that is not used here, with its line', () => {
    expect(shape.banned.map(each => `${String(each.line)} ${each.what}`).sort()).toEqual(['12 enum', '13 export *', '14 default export', '9 any', '9 non-null !'])
  })

  test('refuses a file that is no TypeScript', () => {
    expect(() => measureFile('x.ts', 'const = 4')).toThrow('x.ts')
  })
})
