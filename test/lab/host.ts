import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outputOf, run, type ExecOptions, type ExecResult } from './command.ts'
import { groupMembers, joinableGroup } from './control-group.ts'
import { powerOf, type Power } from './host-power.ts'
import type { HostState } from './lab-state.ts'
import { bare, inNamespace } from './network.ts'
import { hostFolder } from './paths.ts'
import { inGroup } from './vantage.ts'

/** A lab host: a systemd of its own on files of its own, with NICs of its own. */
export interface Host extends Power {
  readonly name: string
  /** Address of the first NIC, without prefix. */
  readonly address: string
  readonly machineId: string
  /** Its file system on this machine; `/run`, `/tmp`, `/proc` of the running host are not in it. */
  readonly root: string
  /** Where its console output goes. */
  readonly console: string
  /** Process id of its init on this machine, or nothing when it is off. */
  leader(): number | undefined
  /** Runs a command in the running host; never throws because of what it answered (124: out of time). */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>
  /** `exec` of a shell script (`sh -eu`). */
  sh(script: string, options?: ExecOptions): Promise<ExecResult>
  /** `sh` that gives the standard output and throws when the script fails. */
  must(script: string, options?: ExecOptions): Promise<string>
  /** Starts a command in the running host that goes on. */
  spawn(argv: readonly string[], options?: SpawnOptions): ChildProcess
  /** Writes a file whole, also while the host is off; folders on the way are made. */
  writeFile(path: string, data: string | Uint8Array, mode?: number): Promise<void>
  /** Reads a file as UTF-8, also while the host is off. */
  readFile(path: string): Promise<string>
  /** The journal of a unit of all boots, also while the host is off. */
  journal(unit: string): Promise<string>
  /** Pulls the cable to a bridge, also across boots, until `linkUp`. */
  linkDown(bridge: string): Promise<void>
  /** Puts the cable back. */
  linkUp(bridge: string): Promise<void>
}

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Makes the handle of a host that has its folder. */
export function hostOf(lab: string, state: HostState): Host {
  const folder = hostFolder(lab, state.name)
  const root = join(folder, 'root')
  const leader = leaderFinder(lab, state.name)
  const enter = (argv: readonly string[], options: ExecOptions = {}): string[] => {
    const pid = leader()
    if (pid === undefined) throw new Error(`host ${state.name} is off`)
    const env = Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`)
    const inside = ['env', '-i', '-C', options.cwd ?? '/root', path, 'HOME=/root', 'LANG=C.UTF-8', ...env]
    const group = inGroup(joinableGroup(lab, `${state.name}.exec`))
    return [...group, 'nsenter', '-t', String(pid), '-a', '--', ...inside, ...argv]
  }
  const exec = async (argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> => {
    const { env: _env, cwd: _cwd, ...others } = options
    return run(enter(argv, options), others)
  }
  const sh = (script: string, options?: ExecOptions): Promise<ExecResult> => exec(['sh', '-euc', script], options)
  // a host that is off is reached by its files alone
  const onFiles = async (argv: readonly string[], options?: ExecOptions): Promise<string> => {
    const result = leader() === undefined ? await run(['chroot', root, ...argv], options) : await exec(argv, options)
    return outputOf(argv, result)
  }
  const power = powerOf({ lab, state, leader, exec })
  return {
    name: state.name,
    address: bare(state.nics[0]?.address ?? ''),
    machineId: state.machineId,
    root,
    console: join(folder, 'console.log'),
    leader,
    exec,
    sh,
    must: async (script, options) => outputOf([script], await sh(script, options)),
    spawn: (argv, options = {}) => {
      const [file = 'false', ...rest] = enter(argv)
      return spawn(file, rest, options)
    },
    writeFile: async (file, data, mode = 0o644) => {
      const script = 'mkdir -p "${1%/*}/" && umask 077 && cat >"$1.lab" && chmod "$2" "$1.lab" && mv -f "$1.lab" "$1"'
      await onFiles(['sh', '-euc', script, 'sh', file, mode.toString(8)], { stdin: data })
    },
    readFile: (file) => onFiles(['cat', file]),
    journal: (unit) => onFiles(['journalctl', '--no-pager', '-q', '-o', 'short-iso-precise', '-u', unit]),
    ...power,
    linkDown: (bridge) => setCable(lab, state, { bridge, plugged: false }),
    linkUp: (bridge) => setCable(lab, state, { bridge, plugged: true }),
  }
}

/** Finds the host's init: the process that is number 1 one process namespace below ours. */
function leaderFinder(lab: string, host: string): () => number | undefined {
  const isLeader = (pid: number): boolean => {
    const [, ids = ''] = /^NSpid:\t(.*)$/m.exec(statusOf(pid)) ?? []
    return /^\d+\t1$/.test(ids) && /^Name:\tsystemd$/m.test(statusOf(pid))
  }
  return () => groupMembers(lab, host).find(isLeader)
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return ''
  }
}

interface Cable {
  readonly bridge: string
  readonly plugged: boolean
}

async function setCable(lab: string, state: HostState, { bridge, plugged }: Cable): Promise<void> {
  const nic = state.nics.find((candidate) => candidate.bridge === bridge)
  if (nic === undefined) throw new Error(`host ${state.name} has no NIC on ${bridge}`)
  const mark = join(hostFolder(lab, state.name), `cable-out-${bridge}`)
  if (plugged) rmSync(mark, { force: true })
  else writeFileSync(mark, '')
  // the port of a host that is off does not exist; the mark says how it is plugged in at the next boot
  const set = `ip link set ${nic.port} ${plugged ? 'up' : 'down'}`
  await inNamespace(lab, 'router', [`if ip link show ${nic.port} >/dev/null 2>&1; then ${set}; fi`])
}
