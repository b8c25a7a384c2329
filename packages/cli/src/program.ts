import { Command, CommanderError } from 'commander'
import { cleanText } from './clean-text.ts'
import { CliError } from './cli-error.ts'
import { COMMANDS } from './commands/index.ts'
import type { Io } from './io.ts'
import { VERSION } from './version.ts'

/** The whole CLI as a commander program; it never exits by itself. */
export const buildProgram = (io: Io): Command => {
  const program = new Command('drover')
    .description('Herds bare Linux hosts into k3s clusters and keeps them healthy.')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 usage, 3 waiting for approval or refused.')
  for (const command of COMMANDS) command(program, io)
  for (const command of program.commands) command.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.err })
  return program
}

/** Runs the CLI with arguments (without node and script) and returns the exit code; everything said goes through `io`. */
export const runCli = async (argv: readonly string[], io: Io): Promise<number> => {
  try {
    await buildProgram(io).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 || error.code === 'commander.helpDisplayed' ? 0 : 2
    if (!(error instanceof CliError)) throw error
    for (const fault of error.faults) io.err(cleanText(`  ${fault.line === null ? '' : `line ${String(fault.line)}:${String(fault.column ?? 1)} `}${fault.path}: ${fault.reason}${fault.value === null ? '' : ` (${fault.value})`}${fault.nearest === null ? '' : `; did you mean ${fault.nearest}?`}\n`))
    io.err(cleanText(`drover: ${error.message}\n${error.remedy === '' ? '' : `${error.remedy}\n`}`))
    return error.exitCode
  }
}
