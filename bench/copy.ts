import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Snapshot } from '@drover/protocol'
import { build } from 'esbuild'
import { startTestCoordinator, type TestCoordinator } from '../test/kit/coordinator/coordinator.ts'
import { type CopyOrder, listen, orderCopy, snapshotOf } from '../test/kit/coordinator/copy-order.ts'
import { enrolHost, makeScriptedHost } from '../test/kit/coordinator/scripted-host.ts'
import { toText } from '@drover/protocol/node'
import { readCopyKey } from '../packages/coordinator/src/copies/take-copy.ts'
import type { CopyDone, CopyJob } from './copy/child.ts'
import { memoryOf, pidOf } from './process-figures.ts'
import { megabytes, type Row } from './row.ts'

const SIZE = 1_000_000_000
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"

/**
 * A snapshot of 1 GB is brought by the step itself, in a process of its own, to a whole coordinator over TLS: what memory
 * that takes beyond the process at rest, and what is sent again when it is killed at the half.
 */
export const measureCopy = async (): Promise<readonly Row[]> => {
  const root = mkdtempSync(join(tmpdir(), 'drover-bench-copy-'))
  const coordinator = await startTestCoordinator()
  try {
    const program = join(root, 'child.mjs')
    await build({ entryPoints: [fileURLToPath(new URL('copy/child.ts', import.meta.url))], outfile: program, bundle: true, platform: 'node', format: 'esm', logLevel: 'error', banner: { js: REQUIRE } })
    const host = makeScriptedHost({ name: 'node-1', ip: '127.0.0.1' })
    await enrolHost(coordinator, host)
    const url = await listen(coordinator)
    const [one, two] = [putSnapshot(root, 'manual-aaaaaaaaaaaaaaaa'), putSnapshot(root, 'manual-bbbbbbbbbbbbbbbb')]
    const jobOf = async (snapshot: Snapshot, order: CopyOrder): Promise<CopyJob> => ({
      root, url, snapshot, pin: coordinator.context.keys.pin.replace('sha256//', ''), ticket: order.authorization.slice('Ticket '.length), key: toText(await readCopyKey(coordinator.context, 'home')),
    })
    const whole = await bring(program, await jobOf(one, await orderCopy(coordinator, host, one)), () => false)
    const second = await jobOf(two, await orderCopy(coordinator, host, two))
    await bring(program, second, () => halfOf(coordinator) > SIZE / 2)
    const there = halfOf(coordinator)
    const rest = await bring(program, second, () => false)
    return [
      { name: 'copy of 1 GB: extra memory of the step', value: megabytes(whole.peak - whole.before), limit: '<= 32 MB' },
      { name: 'copy of 1 GB: time, two readings and the opening included', value: `${(whole.ms / 1000).toFixed(1)} s` },
      { name: 'copy of 1 GB: there when it was killed', value: megabytes(there / 1e6) },
      { name: 'copy of 1 GB: sent after that', value: megabytes(rest.sent / 1e6), limit: '<= 500 MB' },
      { name: 'copy of 1 GB: extra memory when it goes on', value: megabytes(rest.peak - rest.before), limit: '<= 32 MB' },
    ]
  } finally {
    await coordinator.remove()
    rmSync(root, { recursive: true, force: true })
  }
}

const putSnapshot = (root: string, name: string): Snapshot => {
  const folder = join(root, 'var/lib/drover/snapshots', name)
  mkdirSync(folder, { recursive: true })
  const hash = createHash('sha256')
  const file = openSync(join(folder, 'state.db'), 'w')
  for (let left = SIZE; left > 0; left -= 1_000_000) {
    const block = randomBytes(1_000_000)
    hash.update(block)
    writeSync(file, block)
  }
  closeSync(file)
  const snapshot: Snapshot = { ...snapshotOf(new Uint8Array(), { name }), bytes: SIZE, sha256: hash.digest('hex') }
  writeFileSync(join(folder, 'meta.json'), `${JSON.stringify(snapshot)}\n`)
  return snapshot
}

/** Bytes of the copy that is under way. */
const halfOf = ({ context }: TestCoordinator): number => {
  const folder = join(context.home.snapshots, 'home')
  const name = readdirSync(folder).find((one) => one.endsWith('.part'))
  return name === undefined ? 0 : statSync(join(folder, name)).size
}

type Brought = CopyDone & { readonly peak: number; readonly ms: number }

/** Runs the step in a process of its own, looking at its memory every 10 ms; it is killed as soon as `isEnough`. */
const bring = (program: string, job: CopyJob, isEnough: () => boolean): Promise<Brought> =>
  new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const began = performance.now()
    let said = ''
    let peak = 0
    const watch = setInterval(() => {
      if (said.startsWith('begun')) peak = Math.max(peak, memoryNow(child))
      if (isEnough()) child.kill('SIGKILL')
    }, 10)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdin?.end(JSON.stringify(job))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearInterval(watch)
      const done = said.split('\n')[1] ?? ''
      if (code !== 0 && signal !== 'SIGKILL') return reject(new Error(`the step ended with ${String(code)}`))
      resolve({ before: 0, sent: 0, ...(done === '' ? {} : (JSON.parse(done) as CopyDone)), peak, ms: performance.now() - began })
    })
  })

const memoryNow = (child: ChildProcess): number => {
  try {
    return memoryOf(pidOf(child)).anonymous || 0 // NaN of one that is ending
  } catch {
    return 0 // it has just ended
  }
}
