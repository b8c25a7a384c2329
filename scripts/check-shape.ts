// The budgets on the shape of the code that the linter does not know. Prints a table, exits 1 where one is over.
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { judgeShape } from './shape/judge-shape.ts'
import { measureFile } from './shape/measure-file.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const text = (path: string): string => readFileSync(root + path, 'utf8')
const find = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: ['**/node_modules', '**/dist', 'test/fixtures'] }).filter(path => !path.endsWith('.d.ts')).sort()

const typescript = find('{packages,test,scripts,bench,deploy}/**/*.ts').concat('vitest.config.ts').map(path => measureFile(path, text(path)))
const tests = typescript.filter(file => file.path.endsWith('.test.ts'))
const sources = typescript.filter(file => /^packages\/[^/]+\/src\//.test(file.path) && !tests.includes(file))
const support = typescript.filter(file => !tests.includes(file) && !sources.includes(file))
const scenarios = new Map(find('test/scenarios/**/*.txt').map(path => [path, text(path).trimEnd().split('\n').length]))

const verdicts = judgeShape({ sources, support, tests, scenarios })
for (const { measure, found, budget, ok, where } of verdicts) {
  console.log(`${ok ? '  ok' : 'OVER'}  ${measure.padEnd(50)} ${String(found).padStart(5)}  (budget ${String(budget)})`)
  if (!ok) for (const place of where.slice(0, 25)) console.log(`        ${place}`)
}
console.log(`  ${String(sources.length)} source files, ${String(support.length)} of test kit and scripts, ${String(tests.length)} of tests`)
if (verdicts.some(verdict => !verdict.ok)) process.exitCode = 1
