// From any Node >= 18 and npm to this repository's own pnpm and Node, then on to the pnpm command given.
// Plain JavaScript, no dependency: nothing is installed when it starts.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

const fail = reason => {
  console.error(`scripts/run.mjs: ${reason}`)
  process.exit(1)
}

if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
  fail(`Drover builds on Linux, x64 or arm64; this is ${process.platform} ${process.arch}`)
}

const pnpm = `${root}toolchain/node_modules/@pnpm/exe.linux-${process.arch}/pnpm`
const node = `${root}node_modules/node-linux-${process.arch}/bin/node`

// npm leaves its own Node in npm_node_execpath and friends: scripts would run on that one instead of ours.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(node|exec|life|pack|command)/.test(name)))
env.PATH = `${root}node_modules/.bin:${process.env.PATH}`

const run = (command, args, cwd) => {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  if (error) fail(`${command}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

/** Does the work unless the stamp says that it was done with the very same inputs. */
const unlessDone = (stamp, inputs, work) => {
  const hash = createHash('sha256')
  for (const file of inputs) hash.update(`${file}\0`).update(readFileSync(root + file))
  const sum = hash.digest('hex')
  if (existsSync(root + stamp) && readFileSync(root + stamp, 'utf8') === sum) return
  work()
  writeFileSync(root + stamp, sum)
}

const manifests = readdirSync(`${root}packages`)
  .map(name => `packages/${name}/package.json`)
  .filter(file => existsSync(root + file))
  .sort()

unlessDone('toolchain/node_modules/.stamp', ['toolchain/package.json', 'toolchain/package-lock.json'], () => {
  run('npm', ['ci', '--loglevel=error'], `${root}toolchain`)
  if (!existsSync(pnpm)) fail(`npm ci did not bring ${pnpm}; try again, or look at the log that npm names`)
})

// A changed dependency list is installed by hand (`node scripts/run.mjs install`), which also writes the lock file.
if (process.argv[2] !== 'install') {
  const inputs = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'test/package.json', ...manifests]
  unlessDone('node_modules/.stamp', inputs, () => {
    run(pnpm, ['install', '--frozen-lockfile'], root)
    // An optional dependency that failed to download is no error to pnpm, and the Node that started us would run the rest.
    if (!existsSync(node)) fail(`pnpm install did not bring ${node}; try again, or look at what pnpm said above`)
  })
}

run(pnpm, process.argv.slice(2), root)
