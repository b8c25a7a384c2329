import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { tokenText } from '@drover/protocol/node'
import { bundle, mainOf } from '../scripts/bundle/bundle.ts'
import { ownArch, runtimeFor } from '../scripts/package/runtime.ts'
import { type CoordinatorHalf, startCoordinatorHalf } from '../test/kit/resident/coordinator-half.ts'
import { busyOf, end, type Memory, memoryOf, pidOf } from './process-figures.ts'
import { median, megabytes, type Row } from './row.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const STARTS = 6
const SETTLE_MS = 20_000
const MINUTE_MS = 60_000

/** The product's own bundle, with folders of this bench where a host has /etc/drover and /var/lib/drover. */
const entry = (paths: object): string => `
  const main = async (): Promise<number> => {
    const [command, ...args] = process.argv.slice(2)
    if (command === 'inventory') return (await import('./main/inventory.ts')).inventory(args)
    if (command === 'run-step') return (await import('./main/run-step.ts')).runStepMain(args)
    return (await import('./main/run.ts')).run('0.0.0', ${JSON.stringify(paths)})
  }
  main().then((code) => { process.exitCode = code })`

/** What the unit sets for the agent: environment, and options of Node. */
const readUnit = (): { readonly env: Readonly<Record<string, string>>; readonly options: readonly string[] } => {
  const unit = readFileSync(join(root, 'deploy/systemd/drover-agent.service'), 'utf8')
  const words = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => line.split(' '))
  const [, options = ''] = /^ExecStart=\S+\/node (.*) \S+\/agent\.cjs run$/m.exec(unit) ?? []
  const env = Object.fromEntries(words.map((word): [string, string] => [word.split('=', 1)[0] ?? '', word.slice(word.indexOf('=') + 1)]))
  return { env, options: options.split(' ') }
}

const measureEmpty = async (node: string, folder: string): Promise<Memory> => {
  writeFileSync(join(folder, 'empty.cjs'), 'setInterval(() => undefined, 60_000)\n')
  const child = spawn(node, [join(folder, 'empty.cjs')], { stdio: 'ignore' })
  await wait(5_000)
  const memory = memoryOf(pidOf(child))
  await end(child)
  return memory
}

/** Starts the agent and resolves with it and the time until its first frame had been verified. */
const startAgent = async (command: readonly string[], coordinator: CoordinatorHalf): Promise<{ child: ChildProcess; ms: number }> => {
  const [file = '', ...args] = command
  const begin = performance.now()
  const first = new Promise<number>((resolve) => {
    coordinator.onMessage.store = async () => resolve(performance.now() - begin)
  })
  const child = spawn(file, args, { stdio: 'ignore', env: readUnit().env })
  return { child, ms: await first }
}

/** Memory, processor time over a minute and time to the first frame of the agent's bundle against an empty Node. Takes two minutes. */
export const measureAgentAtRest = async (): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'))
  const coordinator = await startCoordinatorHalf()
  try {
    const paths = { config: join(folder, 'agent.json'), state: join(folder, 'state'), note: join(folder, 'run/agent-state.json') }
    mkdirSync(paths.state)
    writeFileSync(paths.config, coordinator.agentJson)
    writeFileSync(join(paths.state, 'join-token'), tokenText(coordinator.registry.token()), { mode: 0o600 })
    await bundle({
      program: 'agent',
      outFile: join(folder, 'agent.cjs'),
      version: '0.0.0',
      stdin: { contents: entry(paths), loader: 'ts', resolveDir: mainOf('agent').replace('/main.ts', '') },
    })
    const { node } = runtimeFor(ownArch(), { root, cache: join(root, 'node_modules/.cache/drover-package') })
    return await measure([node, ...readUnit().options, join(folder, 'agent.cjs'), 'run'], coordinator, await measureEmpty(node, folder))
  } finally {
    await coordinator.stop()
    rmSync(folder, { recursive: true })
  }
}

const measure = async (
  command: readonly string[],
  coordinator: CoordinatorHalf,
  empty: Memory,
): Promise<readonly Row[]> => {
  const times: number[] = []
  for (let start = 0; start < STARTS; start += 1) {
    const { child, ms } = await startAgent(command, coordinator)
    times.push(ms)
    await end(child)
  }
  const { child } = await startAgent(command, coordinator)
  const pid = pidOf(child)
  await wait(SETTLE_MS)
  const before = busyOf(pid)
  await wait(MINUTE_MS)
  const busy = busyOf(pid) - before
  const { resident, anonymous } = memoryOf(pid)
  await end(child)
  // The first start enrols and makes keys; the others are what a boot is like.
  return [
    { name: 'agent at rest, resident set', value: megabytes(resident), ratio: `${(resident / empty.resident).toFixed(2)} x an empty Node (${megabytes(empty.resident)})`, limit: '<= 1.35 x' },
    { name: 'agent at rest, anonymous memory', value: megabytes(anonymous), ratio: `+${megabytes(anonymous - empty.anonymous)} over an empty Node`, limit: '<= +10 MB' },
    { name: 'agent at rest, processor over a minute', value: `${busy.toFixed(0)} ms` },
    { name: 'agent, process start to first frame', value: `${median(times.slice(1)).toFixed(0)} ms` },
  ]
}
