import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const link = fileURLToPath(new URL('../../../packages/agent/src/link/index.ts', import.meta.url))
const program = (then: string): string => `
  const { createRequire } = await import('node:module')
  await import(${JSON.stringify(link)})
  ${then}
  const loaded = Object.keys(createRequire(import.meta.url).cache)
  console.log(JSON.stringify(loaded.filter((path) => path.includes('tweetnacl')).length))`
const loadedBy = (then: string): number =>
  Number(execFileSync(process.execPath, ['--input-type=module', '-e', program(then)], { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' }))

it('the resident link never loads tweetnacl; sealing does, when it is first used', () => {
  const seal = `const { boxAtRest } = await import('@drover/protocol/node'); await boxAtRest(new Uint8Array(1), 'row', new Uint8Array(32));`
  expect(loadedBy('')).toBe(0)
  expect(loadedBy(seal)).toBe(1)
})
