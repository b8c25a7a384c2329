import { createInterface } from 'node:readline/promises'
import { CliError } from './cli-error.ts'
import { createClient } from './client.ts'
import { dial } from '@drover/protocol/node'
import type { Io } from './io.ts'
import { readProfile } from './profile.ts'
import { runCli } from './program.ts'

const SMALL_INPUT = 1_048_576

/** The answer, or null where it was broken off by Ctrl-C or Ctrl-D. */
const askOnTerminal = async (question: string): Promise<string | null> => {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  const broken = new Promise<null>((resolve) => {
    lines.on('SIGINT', () => resolve(null))
    lines.on('close', () => resolve(null))
  })
  try {
    return await Promise.race([lines.question(question), broken])
  } finally {
    lines.close()
  }
}

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb',
  get columns() {
    return process.stdout.isTTY ? process.stdout.columns : 0
  },
  get rows() {
    return process.stdout.isTTY ? process.stdout.rows : 0
  },
  now: Date.now,
  profile: () => readProfile(),
  client: () => createClient(readProfile(), io),
  ask: (question) => (process.stdin.isTTY ? askOnTerminal(question) : Promise.resolve(null)),
  readInput: async () => {
    let text = ''
    for await (const chunk of process.stdin.setEncoding('utf8')) {
      text += String(chunk)
      if (text.length > SMALL_INPUT) throw new CliError(2, 'standard input has more than 1 MiB')
    }
    return text
  },
  dial,
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
}

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 141 : 1)
  })
}
runCli(process.argv.slice(2), io).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`drover: a fault of Drover itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  },
)
