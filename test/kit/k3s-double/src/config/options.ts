import { Fatal, type Log } from '../log.ts'
import { configArguments } from './files.ts'
import { ALIASES, ENVIRONMENT, type FlagTable } from './flags.ts'

/** The options of one command after files, environment and command line are merged. */
export type Options = {
  readonly one: (name: string) => string | undefined
  readonly all: (name: string) => readonly string[]
  readonly on: (name: string) => boolean
  /** The merged command line, as the node's `k3s.io/node-args` annotation shows it (secrets starred). */
  readonly shown: readonly string[]
}

type Pair = { readonly name: string; readonly value: string }

const nameOf = (argument: string): string => {
  const bare = argument.replace(/^-+/, '').split('=')[0] ?? ''
  return ALIASES[bare] ?? bare
}

/** Arguments of a config file that the command knows; the others are warned about and left out. */
function knownArguments(found: readonly string[], flags: FlagTable, log: Log): Pair[] {
  return found.flatMap((argument) => {
    const name = nameOf(argument)
    if (flags.has(name)) return [{ name, value: argument.slice(argument.indexOf('=') + 1) }]
    log('warning', `Unknown flag ${argument.split('=')[0]} found in config.yaml, skipping\n`)
    return []
  })
}

function commandPairs(given: readonly string[], flags: FlagTable): Pair[] {
  const pairs: Pair[] = []
  for (let index = 0; index < given.length; index += 1) {
    const argument = given[index] ?? ''
    const name = nameOf(argument)
    const kind = flags.get(name)
    if (!argument.startsWith('-') || kind === undefined) throw new Fatal(`Error: flag provided but not defined: -${name}`)
    if (argument.includes('=')) pairs.push({ name, value: argument.slice(argument.indexOf('=') + 1) })
    else if (kind === 'bool') pairs.push({ name, value: 'true' })
    else {
      index += 1
      const value = given[index]
      if (value === undefined) throw new Fatal(`Error: flag needs an argument: --${name}`)
      pairs.push({ name, value })
    }
  }
  return pairs
}

const secret = (name: string): boolean => /token$|secret|datastore-endpoint|vpn-auth$/.test(name)

/** What the caller has: the command's flags, its arguments, its environment and the config file to read. */
export type Sources = {
  readonly command: string
  readonly flags: FlagTable
  readonly given: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly configFile: string
}

/**
 * Merges: files first, then the command line; a scalar's last value wins, a list on the command line adds to the files' list.
 * @throws Fatal for broken YAML and for an unknown flag on the command line
 */
export function readOptions(from: Sources, log: Log): Options {
  const command = commandPairs(from.given, from.flags)
  const configFile = from.env['K3S_CONFIG_FILE'] ?? command.find((pair) => pair.name === 'config')?.value ?? from.configFile
  const file = knownArguments(configArguments(configFile), from.flags, log)
  const fromEnvironment = Object.entries(ENVIRONMENT).flatMap(([variable, name]): Pair[] => {
    const value = from.env[variable]
    const taken = [...file, ...command].some((pair) => pair.name === name)
    return value === undefined || value === '' || taken || !from.flags.has(name) ? [] : [{ name, value }]
  })
  const merged = [...file, ...command, ...fromEnvironment]
  const all = (name: string): string[] => merged.filter((pair) => pair.name === name).map((pair) => pair.value)
  return {
    one: (name) => all(name).at(-1),
    all: (name) => all(name).flatMap((value) => (name === 'node-label' || name === 'node-ip' ? value.split(',') : [value])),
    on: (name) => all(name).at(-1) === 'true',
    shown: [from.command, ...merged.flatMap((pair) => [`--${pair.name}`, secret(pair.name) ? '********' : pair.value])],
  }
}
