// Bundles programs into dist/: `node scripts/bundle.ts [agent] [coordinator] [cli]`, all three by default.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, type Program } from './bundle/bundle.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const FILES: Readonly<Record<Program, string>> = { agent: 'agent.cjs', coordinator: 'coordinator.mjs', cli: 'drover.cjs' }
const programs = ['agent', 'coordinator', 'cli'] as const
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }

const wanted = process.argv.slice(2)
for (const program of programs.filter(each => wanted.length === 0 || wanted.includes(each))) {
  const outFile = join(root, 'dist', FILES[program])
  await bundle({ program, outFile, version })
  console.log(outFile)
}
