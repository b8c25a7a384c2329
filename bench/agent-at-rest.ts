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
const PROCESSES = [1, 2, 3] as const
const STARTS = 3
const SETTLE_MS = 20_000
const MINUTE_MS = 60_000

/** The product's own bundle, with folders of this bench where a host has /etc/drover and /var/lib/drover. */
const entry = (paths: object): string => `
  import { dispatch } from './main/dispatch.ts'
  import { run } from './main/run.ts'
  dispatch({ run: () => run('0.0.0', ${JSON.stringify(paths)}) }, '')`

/** What the unit sets for the agent: environment, and options of Node. */
type Unit = { readonly env: Readonly<Record<string, string>>; readonly options: readonly string[] }

const readUnit = (): Unit => {
  const unit = readFileSync(join(root, 'deploy/systemd/drover-agent.service'), 'utf8')
  const words = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => line.split(' '))
  const [, options = ''] = /^ExecStart=\S+\/node (.*) \S+\/agent\.cjs run$/m.exec(unit) ?? []
  const env = Object.fromEntries(words.map((word): [string, string] => [word.split('=', 1)[0] ?? '', word.slice(word.indexOf('=') + 1)]))
  return { env, options: options.split(' ') }
}

const medianOf = (children: readonly ChildProcess[]): Memory => {
  const memories = children.map((child) => memoryOf(pidOf(child)))
  return { resident: median(memories.map(({ resident }) => resident)), anonymous: median(memories.map(({ anonymous }) => anonymous)) }
}

/** Memory of a script that does nothing, on the same Node. */
const measureEmpty = async (node: string, folder: string, options: readonly string[]): Promise<Memory> => {
  const script = join(folder, 'empty.cjs')
  writeFileSync(script, 'setInterval(() => undefined, 60_000)\n')
  const children = PROCESSES.map(() => spawn(node, [...options, script], { stdio: 'ignore', env: {} }))
  await wait(SETTLE_MS / 4)
  const memory = medianOf(children)
  await Promise.all(children.map(end))
  return memory
}

type Place = { readonly node: string; readonly folder: string; readonly unit: Unit; readonly coordinator: CoordinatorHalf }

/** Bundles an agent for a folder of its own and resolves with its command line. */
const layAgent = async ({ node, folder, unit, coordinator }: Place, name: string): Promise<readonly [string, ...string[]]> => {
  const own = join(folder, name)
  const paths = { config: join(own, 'agent.json'), state: join(own, 'state'), note: join(own, 'run/agent-state.json') }
  mkdirSync(paths.state, { recursive: true })
  writeFileSync(paths.config, coordinator.agentJson)
  writeFileSync(join(paths.state, 'join-token'), tokenText(coordinator.registry.token()), { mode: 0o600 })
  const outFile = join(own, 'agent.cjs')
  const stdin = { contents: entry(paths), loader: 'ts', resolveDir: mainOf('agent').replace('/main.ts', '') } as const
  await bundle({ program: 'agent', outFile, version: '0.0.0', stdin })
  await bundle({ program: 'children', outFile: join(own, 'children.cjs'), version: '0.0.0' })
  return [node, ...unit.options, outFile, 'run']
}

type Started = { readonly child: ChildProcess; readonly ms: number }

/** Starts an agent and resolves with it and the time until its first message had been verified. */
const startAgent = async ({ coordinator, unit }: Place, [file, ...args]: readonly [string, ...string[]]): Promise<Started> => {
  const began = performance.now()
  const first = new Promise<number>((resolve) => {
    coordinator.onMessage.store = async () => resolve(performance.now() - began)
  })
  const child = spawn(file, args, { stdio: 'ignore', env: unit.env })
  return { child, ms: await first }
}

/** Memory, processor time over a minute and time to the first frame of three agents against three empty Nodes. Takes two minutes. */
export const measureAgentAtRest = (): Promise<readonly Row[]> => measureAgents('at rest')

/** The same under a name that says in what they are at rest. */
export const measureAgents = async (words: string): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-'))
  const coordinator = await startCoordinatorHalf()
  try {
    const { node } = runtimeFor(ownArch(), { root, cache: join(root, 'node_modules/.cache/drover-package') })
    const unit = readUnit()
    const empty = await measureEmpty(node, folder, [])
    const emptyLite = await measureEmpty(node, folder, unit.options)
    return [...(await measure({ node, folder, unit, coordinator }, { empty, words })), emptyRow('without options', empty), emptyRow(unit.options.join(' '), emptyLite)]
  } finally {
    await coordinator.stop()
    rmSync(folder, { recursive: true })
  }
}

const emptyRow = (options: string, { resident, anonymous }: Memory): Row => ({ name: `an empty Node, ${options}`, value: `${megabytes(resident)}, ${megabytes(anonymous)} anonymous` })

/** What the programs hold that an agent started: the one that follows the kernel's firewall, where there are rules to look after. */
const followersOf = (agents: readonly ChildProcess[]): readonly number[] =>
  agents.flatMap((child) => {
    const pid = String(pidOf(child))
    const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return ids.map((id) => memoryOf(Number(id)).resident)
  })

const measure = async (place: Place, { empty, words }: { readonly empty: Memory; readonly words: string }): Promise<readonly Row[]> => {
  const agents: ChildProcess[] = []
  const times: number[] = []
  for (const name of PROCESSES) {
    const command = await layAgent(place, String(name))
    // The first start enrols and makes keys; the others are what a boot is like.
    await end((await startAgent(place, command)).child)
    for (let start = 0; start < STARTS; start += 1) {
      const { child, ms } = await startAgent(place, command)
      times.push(ms)
      if (start + 1 < STARTS) await end(child)
      else agents.push(child)
    }
  }
  await wait(SETTLE_MS)
  const before = agents.map((child) => busyOf(pidOf(child)))
  await wait(MINUTE_MS)
  const busy = median(agents.map((child, index) => busyOf(pidOf(child)) - (before[index] ?? 0)))
  const { resident, anonymous } = medianOf(agents)
  const followers = followersOf(agents)
  await Promise.all(agents.map(end))
  return [
    { name: `agent ${words}, resident set`, value: megabytes(resident), ratio: `${(resident / empty.resident).toFixed(2)} x empty`, limit: '<= 1.35 x empty' },
    { name: `agent ${words}, anonymous memory`, value: megabytes(anonymous), ratio: `empty + ${megabytes(anonymous - empty.anonymous)}`, limit: '<= empty + 10 MB' },
    { name: `agent ${words}, processor time in a minute`, value: `${busy.toFixed(0)} ms` },
    ...(followers.length === 0 ? [] : [{ name: `agent ${words}, the program that follows the kernel`, value: `${megabytes(median(followers))} beside it` }]),
    { name: 'agent, process start to first verified frame', value: `${median(times).toFixed(0)} ms` },
  ]
}
