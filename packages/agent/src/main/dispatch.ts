import process from 'node:process'

/** The version of this program, as its bundle was given it. */
export const VERSION = process.env['DROVER_VERSION'] ?? '0.0.0-source'

/** The commands of a program by their first word; each resolves with the exit code. */
export type Commands = Readonly<Record<string, (args: readonly string[]) => Promise<number>>>

/** Runs the command that this process was started with, beside `--version` and `--help`; exit code 2 for a word that is none, 1 for what is thrown. */
export const dispatch = (commands: Commands, help: string): void => {
  const all: Commands = { ...commands, '--version': async () => print(`${VERSION}\n`), '--help': async () => print(help) }
  const [word = '--help', ...args] = process.argv.slice(2)
  const run = Object.hasOwn(all, word) ? all[word] : undefined
  const code = run?.(args) ?? Promise.resolve(fail(`unknown command ${JSON.stringify(word)}; see --help`, 2))
  code.then(
    (ended) => {
      process.exitCode = ended
    },
    (error: unknown) => {
      process.exitCode = fail(error instanceof Error ? error.message : String(error), 1)
    },
  )
}

const print = (text: string): number => {
  process.stdout.write(text)
  return 0
}

const fail = (message: string, code: number): number => {
  process.stderr.write(`drover-agent: ${message}\n`)
  return code
}
