import { createInterface } from 'node:readline/promises'
import { createClient } from './client.ts'
import type { Io } from './io.ts'
import { readProfile } from './profile.ts'
import { runCli } from './program.ts'

const SMALL_INPUT = 1_048_576

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true && process.stdin.isTTY === true,
  columns: process.stdout.columns ?? 0,
  now: Date.now,
  profile: () => readProfile(),
  client: () => createClient(readProfile()),
  ask: async (question) => {
    if (process.stdin.isTTY !== true) return null
    const lines = createInterface({ input: process.stdin, output: process.stdout })
    try {
      return await lines.question(question)
    } finally {
      lines.close()
    }
  },
  readInput: async () => {
    let text = ''
    for await (const chunk of process.stdin.setEncoding('utf8')) {
      text += String(chunk)
      if (text.length > SMALL_INPUT) break
    }
    return text
  },
  sleep: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 141 : 1)
})
runCli(process.argv.slice(2), io).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`drover: a fault of Drover itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    process.exitCode = 1
  },
)
