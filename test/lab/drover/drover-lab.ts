import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecOptions, ExecResult } from '../command.ts'
import { openLab, type Lab } from '../lab.ts'
import type { Host } from '../host.ts'
import { release } from './release.ts'

/** A lab with a coordinator at the admin's place and the CLI beside it. */
export type DroverLab = {
  readonly lab: Lab
  /** A folder of the admin's: the coordinator's home and log, the CLI's profile. */
  readonly place: string
  readonly url: string
  /** Runs the CLI as the admin does; never throws because of its exit code. */
  readonly drover: (args: readonly string[], options?: ExecOptions) => Promise<ExecResult>
  /** Runs the CLI and gives its output; throws with what it said when it fails. */
  readonly must: (args: readonly string[], options?: ExecOptions) => Promise<string>
  /** Pastes an install line on a host. */
  readonly enrol: (host: Host, line: string) => Promise<ExecResult>
  readonly startCoordinator: () => Promise<void>
  /** SIGKILL, as a crash is. */
  readonly killCoordinator: () => Promise<void>
  /** Leaves lab and coordinator running when this process ends; gives a command that uses the CLI there. */
  readonly keep: () => string
  readonly close: () => ReturnType<Lab['close']>
}

/** Options of a lab with a coordinator. */
export type DroverLabSpec = { readonly name: string; readonly hosts: readonly string[]; readonly isReal: boolean; readonly defaultRoute?: false; readonly say?: (line: string) => void }

/** Boots bare hosts and starts a coordinator from its release folder at the admin's place; the CLI has its profile. */
export const openDroverLab = async (spec: DroverLabSpec): Promise<DroverLab> => {
  const place = mkdtempSync(join(tmpdir(), 'drover-admin-'))
  const opening = openLab({
    name: spec.name,
    hosts: spec.hosts.map((name) => ({ name, node: !spec.isReal, k3sReal: spec.isReal, ...(spec.defaultRoute === false ? { defaultRoute: false } : {}) })),
    ...(spec.say === undefined ? {} : { say: spec.say }),
  })
  const [opened, built] = await Promise.allSettled([opening, release(join(place, 'out'), spec.say)])
  if (opened.status === 'rejected') throw opened.reason
  if (built.status === 'rejected') return opened.value.close().then(() => Promise.reject(built.reason as Error))
  const lab = opened.value
  const folder = built.value
  const home = join(place, 'coordinator')
  mkdirSync(home, { mode: 0o700 })
  const url = `https://${lab.admin.address}:8443`
  const env = { DROVER_HOME: home, DROVER_PROFILE: join(place, 'profile.json') }
  const node = join(folder, 'node')
  let running: ChildProcess | null = null
  const drover: DroverLab['drover'] = (args, options = {}) => lab.admin.exec([node, join(folder, 'drover.cjs'), ...args], { ...options, env: { ...env, ...options.env } })
  const must: DroverLab['must'] = async (args, options) => {
    const done = await drover(args, options)
    if (done.code === 0) return done.stdout
    throw new Error(`drover ${args.join(' ')}: exit ${String(done.code)}\n${done.stdout}${done.stderr}`)
  }
  const startCoordinator = async (): Promise<void> => {
    const log = join(place, 'coordinator.log')
    const file = openSync(log, 'a')
    running = lab.spawnAdmin([node, join(folder, 'coordinator.mjs'), 'serve'], { env: { ...process.env, ...env }, stdio: ['ignore', file, file], detached: true })
    closeSync(file)
    await awaitUp(must, running, log)
  }
  const made = await lab.admin.exec([node, join(folder, 'coordinator.mjs'), 'init', '--advertise', url], { env })
  if (made.code !== 0) throw new Error(`drover-coordinator init: ${made.stderr}`)
  const login = drover(['login'], { stdin: made.stdout })
  await Promise.all([startCoordinator(), login])
  return {
    lab, place, url, drover, must, startCoordinator,
    enrol: (host, line) => host.exec(['sh', '-c', line], { timeoutMs: 300_000 }),
    keep: () => {
      running?.unref()
      lab.keep()
      return `DROVER_PROFILE=${env.DROVER_PROFILE} npm run lab -- --lab ${spec.name} exec admin ${node} ${join(folder, 'drover.cjs')} status`
    },
    killCoordinator: async () => {
      const child = running
      if (child === null || child.exitCode !== null) return
      const over = new Promise((resolve) => void child.once('exit', resolve))
      child.kill('SIGKILL')
      await over
    },
    close: async () => {
      const left = await lab.close()
      rmSync(place, { recursive: true, force: true })
      return left
    },
  }
}

const PATIENCE = 30_000

/** Up means that the CLI gets an answer. */
const awaitUp = async (must: DroverLab['must'], child: ChildProcess, log: string): Promise<void> => {
  const began = performance.now()
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the coordinator ended: ${readFileSync(log, 'utf8').slice(-2000)}`)
    const answer = await must(['get', 'hosts', '-o', 'name']).then(
      () => true,
      () => false,
    )
    if (answer) return
    if (performance.now() - began > PATIENCE) throw new Error(`the coordinator does not answer: ${readFileSync(log, 'utf8').slice(-2000)}`)
    await new Promise((resolve) => void setTimeout(resolve, 100))
  }
}
