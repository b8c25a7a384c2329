import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { tokenText } from '@drover/protocol/node'
import { bundle, mainOf } from '../scripts/bundle/bundle.ts'
import { ownArch, runtimeFor } from '../scripts/package/runtime.ts'
import { type CoordinatorHalf, startCoordinatorHalf } from '../test/kit/resident/coordinator-half.ts'
import type { Row } from './planner.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const STARTS = 5
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

/** What the unit sets for the agent. */
const unitEnvironment = (): Readonly<Record<string, string>> => {
  const unit = readFileSync(join(root, 'deploy/systemd/drover-agent.service'), 'utf8')
  const words = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => line.split(' '))
  return Object.fromEntries(words.map((word): [string, string] => [word.split('=', 1)[0] ?? '', word.slice(word.indexOf('=') + 1)]))
}

/** Resident set and anonymous memory of a process in MB. */
const memoryOf = (pid: number): { readonly resident: number; readonly anonymous: number } => {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1000
  return { resident: field('VmRSS'), anonymous: field('RssAnon') }
}

/** Milliseconds that all threads of a process were on a processor. */
const busyOf = (pid: number): number => {
  const tasks = `/proc/${String(pid)}/task`
  return readdirSync(tasks).reduce((sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0)
}

const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => child.once('exit', () => resolve()))

const measureEmpty = async (node: string, folder: string): Promise<{ resident: number; anonymous: number }> => {
  writeFileSync(join(folder, 'empty.cjs'), 'setInterval(() => undefined, 60_000)\n')
  const child = spawn(node, [join(folder, 'empty.cjs')], { stdio: 'ignore' })
  await wait(5_000)
  const memory = memoryOf(child.pid ?? 0)
  child.kill()
  await ended(child)
  return memory
}

/** Starts the agent and resolves with it and the time until its first frame had been verified. */
const startAgent = async (command: readonly string[], coordinator: CoordinatorHalf): Promise<{ child: ChildProcess; ms: number }> => {
  const [file = '', ...args] = command
  const begin = performance.now()
  const first = new Promise<number>((resolve) => {
    coordinator.onMessage.store = async () => resolve(performance.now() - begin)
  })
  const child = spawn(file, args, { stdio: 'ignore', env: unitEnvironment() })
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
    return await measure([node, '--lite-mode', join(folder, 'agent.cjs'), 'run'], coordinator, await measureEmpty(node, folder))
  } finally {
    await coordinator.stop()
    rmSync(folder, { recursive: true })
  }
}

const measure = async (
  command: readonly string[],
  coordinator: CoordinatorHalf,
  empty: { resident: number; anonymous: number },
): Promise<readonly Row[]> => {
  const times: number[] = []
  for (let start = 0; start < STARTS; start += 1) {
    const { child, ms } = await startAgent(command, coordinator)
    times.push(ms)
    child.kill()
    await ended(child)
  }
  const { child } = await startAgent(command, coordinator)
  const pid = child.pid ?? 0
  await wait(SETTLE_MS)
  const before = busyOf(pid)
  await wait(MINUTE_MS)
  const busy = busyOf(pid) - before
  const { resident, anonymous } = memoryOf(pid)
  child.kill()
  await ended(child)
  // The first start enrols and makes keys; the others are what a boot is like.
  const first = times.slice(1).toSorted((a, b) => a - b)[Math.floor((STARTS - 1) / 2)] ?? 0
  return [
    { what: 'agent at rest, resident set', figure: `${resident.toFixed(1)} MB, ${(resident / empty.resident).toFixed(2)} x empty`, budget: '<= 1.35 x' },
    { what: 'agent at rest, anonymous', figure: `${anonymous.toFixed(1)} MB, +${(anonymous - empty.anonymous).toFixed(1)} MB`, budget: '<= +10 MB' },
    { what: 'agent at rest, processor over a minute', figure: `${busy.toFixed(0)} ms`, budget: '' },
    { what: 'agent, process start to first frame', figure: `${first.toFixed(0)} ms`, budget: '' },
  ]
}

if (import.meta.main) for (const { what, figure, budget } of await measureAgentAtRest()) process.stdout.write(`${what.padEnd(44)} ${figure.padStart(26)}  ${budget}\n`)
