import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { run, type ExecOptions, type ExecResult } from './command.ts'
import { joinableGroup } from './control-group.ts'
import { netFile } from './paths.ts'

/** A place from which commands run: this machine's files, a network namespace of the lab. */
export interface Vantage {
  /** Its address without prefix. */
  readonly address: string
  /** Runs a command to its end; never throws because of what it answered. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** Starts a command that goes on; the lab kills it at the latest when it closes. */
  spawn(argv: readonly string[], options?: SpawnOptions): ChildProcess
}

/** Makes a vantage point of a namespace of a lab (`admin`, `stranger`, `router`). */
export function vantageOf(lab: string, namespace: string, address: string): Vantage {
  const enter = (argv: readonly string[]): string[] => [
    ...inGroup(joinableGroup(lab, `${namespace}.exec`)),
    'nsenter',
    `--net=${netFile(lab, namespace)}`,
    '--',
    ...argv,
  ]
  return {
    address,
    exec: (argv, options) => run(enter(argv), options),
    spawn: (argv, options = {}) => {
      const [file = 'false', ...rest] = enter(argv)
      return spawn(file, rest, options)
    },
  }
}

/** The beginning of a command line that puts the command into a group first, by which the lab finds it again. */
export const inGroup = (procs: string): string[] => ['sh', '-c', 'echo 0 >"$1"; shift; exec "$@"', 'sh', procs]
