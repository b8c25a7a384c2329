import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { AGENT_FLAGS, SERVER_FLAGS } from '../config/flags.ts'
import { type Options, readOptions } from '../config/options.ts'
import { runAgent } from '../agent/run.ts'
import { Ended, Fatal, makeLog } from '../log.ts'
import { notifyReady } from '../notify.ts'
import { DATA_DIR, makePaths } from '../paths.ts'
import { runServer } from '../server/run.ts'
import { readSettings } from '../settings.ts'
import { makeWorld, type World } from '../world.ts'

/** What the process was started with. */
export type Started = {
  readonly version: string
  readonly command: string
  readonly given: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly write: (text: string) => void
}

function prepare(role: 'server' | 'agent', started: Started, life: Pick<World, 'stopping' | 'onStop'>): { world: World; options: Options } {
  const root = started.env['K3S_DOUBLE_ROOT'] ?? ''
  const log = makeLog(started.write)
  const flags = role === 'server' ? SERVER_FLAGS : AGENT_FLAGS
  const configFile = makePaths(root, DATA_DIR).config
  const options = readOptions({ command: role, flags, given: started.given, env: started.env, configFile }, log)
  const paths = makePaths(root, options.one('data-dir') ?? DATA_DIR)
  const node = (options.one('node-name') ?? hostname()).toLowerCase()
  return { options, world: makeWorld({ version: started.version, node, paths, settings: readSettings(paths.settings), log, ...life }) }
}

/** In a list of processes k3s is called `k3s-server` and its arguments are `/usr/local/bin/k3s server`. */
function nameProcess(role: string): void {
  process.title = `/usr/local/bin/k3s ${role}`
  writeFileSync('/proc/self/comm', `k3s-${role}`)
}

/** Runs `k3s server` or `k3s agent` until SIGTERM (exit code 0) or a fatal error (exit code 1). */
export async function runNode(role: 'server' | 'agent', started: Started): Promise<number> {
  const stop = new AbortController()
  const { promise: told, resolve } = Promise.withResolvers<void>()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
  const ends: (() => Promise<void>)[] = []
  const { world, options } = prepare(role, started, { stopping: stop.signal, onStop: (end) => void ends.push(end) })
  nameProcess(role)
  const ready = (): void => {
    notifyReady(started.env)
    world.note({ event: 'ready', role })
    world.reached('after-ready')
  }
  const run = role === 'server' ? runServer(world, options, ready) : runAgent(world, options, ready)
  const failed = run.then(
    () => new Promise<never>(() => undefined),
    (error: unknown) => error,
  )
  const ended = await Promise.race([told, failed])
  stop.abort()
  await Promise.all(ends.map((end) => end()))
  if (ended instanceof Ended) return ended.code
  if (ended instanceof Fatal) throw ended
  if (ended instanceof Error) throw new Fatal(`Error: ${ended.message}`)
  if (role === 'server') world.log('info', 'Closing database connections...')
  world.note({ event: 'stop', role })
  return 0
}
