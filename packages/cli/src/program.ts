import { Command, CommanderError, type Option } from 'commander'
import { CliError } from './cli-error.ts'
import { COMMANDS } from './commands/index.ts'
import type { Io } from './io.ts'
import { errorText } from './render/error.ts'
import { VERSION } from './version.ts'

const WIDTH = 100

/** The whole CLI as a commander program; it never exits by itself. */
export const buildProgram = (io: Io): Command => {
  const width = (): number => (io.columns > 0 ? io.columns : WIDTH)
  const program = new Command('drover')
    .description('Herds bare Linux hosts into k3s clusters and keeps them healthy.')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err, getOutHelpWidth: width, getErrHelpWidth: width, getOutHasColors: () => false, getErrHasColors: () => false })
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 usage, 3 waiting for approval or refused.')
  for (const command of COMMANDS) command(program, io)
  for (const command of program.commands) for (const option of command.options) refuseUnclear(command, option)
  return program
}

/** An option that is given twice with two values, or with an empty one, is a mistake. */
const refuseUnclear = (command: Command, option: Option): void => {
  if (!option.required || Array.isArray(option.defaultValue)) return refuseEmpty(command, option)
  const seen: string[] = []
  command.on(`option:${option.name()}`, (value: string) => {
    seen.push(value)
    if (seen.some((other) => other !== value)) command.error(`error: option '${option.flags}' is given twice`)
  })
  refuseEmpty(command, option)
}

const refuseEmpty = (command: Command, option: Option): void => {
  if (!option.required) return
  command.on(`option:${option.name()}`, (value: string) => {
    if (value === '') command.error(`error: option '${option.flags}' is empty`)
  })
}

/** Runs the CLI with arguments (without node and script) and returns the exit code; everything said goes through `io`. */
export const runCli = async (argv: readonly string[], io: Io): Promise<number> => {
  try {
    refuseToken(argv)
    await buildProgram(io).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof CliError)) throw error
    io.err(errorText(error))
    return error.exitCode
  }
}

/** Arguments can be read by every process of the machine: a token among them is refused, and not repeated. */
const refuseToken = (argv: readonly string[]): void => {
  if (!argv.some((word) => /^--token\b|drv[jpsb]1_[a-z2-7]{10}_/.test(word))) return
  throw new CliError(2, 'a token does not go on the command line, where every process can read it', { remedy: 'Pipe it: ssh root@coordinator drover-coordinator recover | drover login' })
}
