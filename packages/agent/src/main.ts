import process from 'node:process'

const VERSION = process.env['DROVER_VERSION'] ?? '0.0.0-source'

const HELP = `drover-agent ${VERSION}

  run                        keep the session with the coordinator (what drover-agent.service starts)
  run-step ORDER-ID ATTEMPT  carry one journaled order out (started by the agent as a unit of its own)
  inventory [--fresh] [SECTION...]
                             print hardware, network and state of this host as one line of JSON
  --version                  print the version
  --help                     print this
`

/** Each command loads only what it needs: one file holds all of it, and what is not imported is not evaluated. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  run: async () => (await import('./main/run.ts')).run(VERSION),
  'run-step': async (args) => (await import('./main/run-step.ts')).runStep(args),
  inventory: async (args) => (await import('./main/inventory.ts')).inventory(args),
  '--version': async () => print(`${VERSION}\n`),
  '--help': async () => print(HELP),
}

const print = (text: string): number => {
  process.stdout.write(text)
  return 0
}

const fail = (message: string, code: number): number => {
  process.stderr.write(`drover-agent: ${message}\n`)
  return code
}

const main = async ([command = '--help', ...args]: readonly string[]): Promise<number> => {
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  return run === undefined ? fail(`unknown command ${JSON.stringify(command)}; see --help`, 2) : run(args)
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.exitCode = fail(error instanceof Error ? error.message : String(error), 1)
  },
)
