import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hostFolder, labFolder, labsFolder } from './paths.ts'

/** A switch of the lab; with an address the lab's router stands on it and forwards for its hosts. */
export interface Bridge {
  readonly name: string
  /** The router's address with its prefix, e.g. `10.0.0.1/24`. */
  readonly address: string
}

/** A process, told apart from a later one with the same id by its start time (clock ticks since boot). */
export interface Owner {
  readonly pid: number
  readonly started: string
}

/** What is written down of a lab. Without an owner it was left running on purpose. */
export interface LabState {
  readonly name: string
  readonly bridges: readonly Bridge[]
  readonly owner: Owner | null
}

/** One NIC of a host as it is plugged in. */
export interface PluggedNic {
  readonly bridge: string
  /** Address with its prefix. */
  readonly address: string
  /** The bridge's end of the cable. */
  readonly port: string
  readonly name: string
  readonly mac: string
}

/** What is written down of a host. */
export interface HostState {
  readonly name: string
  readonly index: number
  readonly machineId: string
  readonly nics: readonly PluggedNic[]
}

/** This process as an owner. */
export const ownOwner = (): Owner => ({ pid: process.pid, started: startTime(process.pid) ?? '' })

/** Whether an owner still runs. */
export const isAlive = (owner: Owner): boolean => startTime(owner.pid) === owner.started

/** Names of the labs of this machine. */
export function labNames(): string[] {
  const names = existsSync(labsFolder()) ? readdirSync(labsFolder()) : []
  return names.filter((name) => readLabState(name) !== undefined)
}

/** A lab's state, or nothing when there is no such lab. */
export function readLabState(lab: string): LabState | undefined {
  return readJson<LabState>(join(labFolder(lab), 'lab.json'))
}

/** Writes a lab's state. */
export function writeLabState(state: LabState): void {
  mkdirSync(labFolder(state.name), { recursive: true, mode: 0o755 })
  writeJson(join(labFolder(state.name), 'lab.json'), state)
}

/** The states of a lab's hosts, in the order they were added. */
export function readHostStates(lab: string): HostState[] {
  const folder = join(labFolder(lab), 'hosts')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const states = names.map((name) => readJson<HostState>(join(hostFolder(lab, name), 'host.json')))
  return states.filter((state) => state !== undefined).sort((a, b) => a.index - b.index)
}

/** Writes a host's state, for us as JSON and for `keep-host.sh` as an assignment. */
export function writeHostState(lab: string, state: HostState): void {
  const nics = state.nics.map((nic) => [nic.bridge, nic.port, nic.name, nic.mac].join('/')).join(' ')
  writeFileSync(join(hostFolder(lab, state.name), 'host.conf'), `nics="${nics}"\n`)
  writeJson(join(hostFolder(lab, state.name), 'host.json'), state)
}

function startTime(pid: number): string | undefined {
  try {
    // field 22 of proc_pid_stat(5); the name before it may hold spaces and brackets
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19]
  } catch {
    return undefined
  }
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}
