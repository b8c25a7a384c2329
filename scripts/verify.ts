// Every check that reads the code without running it, each named and timed. All of them run; exits 1 where one failed. Names
// given as arguments pick out passes: `npm run verify -- types lint`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Pass {
  readonly name: string
  readonly argv: readonly [string, ...string[]]
  /** Files without which the pass has nothing to look at yet. */
  readonly needs: readonly string[]
}

const root = fileURLToPath(new URL('..', import.meta.url))
const node = process.execPath

const passes: readonly Pass[] = [
  { name: 'types', argv: ['tsc', '-b'], needs: [] },
  { name: 'lint', argv: ['oxlint', '--deny-warnings'], needs: [] },
  { name: 'shape', argv: [node, 'scripts/check-shape.ts'], needs: [] },
  { name: 'shell: agent installer', argv: ['shellcheck', 'deploy/install.sh'], needs: ['deploy/install.sh'] },
  { name: 'shell: coordinator installer', argv: ['shellcheck', 'deploy/install-coordinator.sh'], needs: ['deploy/install-coordinator.sh'] },
  { name: 'shell: ci', argv: ['shellcheck', '.ci/run'], needs: ['.ci/run'] },
  { name: 'generated: openapi', argv: [node, 'scripts/gen-openapi.ts', '--check'], needs: ['scripts/gen-openapi.ts'] },
  { name: 'generated: step pages', argv: [node, 'scripts/gen-steps-md.ts', '--check'], needs: ['scripts/gen-steps-md.ts'] },
  { name: 'generated: errors page', argv: [node, 'scripts/gen-errors-md.ts', '--check'], needs: ['scripts/gen-errors-md.ts'] },
  { name: 'generated: cli page', argv: [node, 'scripts/gen-cli-md.ts', '--check'], needs: ['scripts/gen-cli-md.ts'] },
]

const wanted = process.argv.slice(2)
for (const { name, argv, needs } of passes) {
  if (wanted.length > 0 && !wanted.some(each => name.startsWith(each))) continue
  if (!needs.every(file => existsSync(root + file))) continue
  const began = performance.now()
  const [command, ...args] = argv
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error !== undefined) console.error(`verify: ${command}: ${error.message}`)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`verify: ${name} ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`)
  if (status !== 0) process.exitCode = 1
}
