import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Call, Client } from '../../../packages/cli/src/client.ts'
import type { Io } from '../../../packages/cli/src/io.ts'

/** An Io that keeps what is said, answers from a table and asks nobody; `sent` are the requests that a command made. */
export type FakeIo = Io & { readonly said: { out: string; err: string }; readonly sent: string[]; readonly bodies: unknown[] }

/** `answers`: "METHOD path" to an answer, a list of answers one after the other (the last one stays), or an error to throw. */
export type FakeIoOptions = {
  readonly answers?: Readonly<Record<string, unknown>>
  /** What an open answer brings, by its path. */
  readonly streams?: Readonly<Record<string, Uint8Array>>
  readonly isTerminal?: boolean
  readonly columns?: number
  readonly rows?: number
  readonly typed?: string | null
  readonly input?: string
  /** How ports answer that a command dials; open without it. */
  readonly dial?: Io['dial']
}

/** A clock that stands at this moment, plus a second for each sleep. */
export const NOW = 1_780_000_000_000

/** Makes one. */
export const createFakeIo = (options: FakeIoOptions = {}): FakeIo => {
  const said = { out: '', err: '' }
  const sent: string[] = []
  const bodies: unknown[] = []
  const asked = new Map<string, number>()
  const clock = { now: NOW }
  const answerTo = (line: string): unknown => {
    const known = options.answers?.[line]
    if (known === undefined) throw new Error(`the test has no answer to ${line}`)
    if (!(known instanceof Sequence)) return known
    const count = asked.get(line) ?? 0
    asked.set(line, count + 1)
    return known.items[Math.min(count, known.items.length - 1)]
  }
  const client: Client = {
    call: async <T>(call: Call<T>) => {
      const line = `${call.method} ${call.path}`
      sent.push(line)
      bodies.push(call.body)
      const answer = answerTo(line)
      if (answer instanceof Error) throw answer
      return Promise.resolve(call.answer.parse(answer))
    },
    open: (path) => {
      const bytes = options.streams?.[path]
      return bytes === undefined ? Promise.reject(new Error('no such stream here')) : Promise.resolve(Readable.from([bytes]) as IncomingMessage)
    },
  }
  return {
    said,
    sent,
    bodies,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    isTerminal: options.isTerminal ?? false,
    columns: options.columns ?? 0,
    rows: options.rows ?? 0,
    now: () => clock.now,
    profile: () => ({ version: 1, url: 'https://10.0.0.1:8443', pin: '', key: 'drvk1_', token: 'drvp1_' }),
    client: () => client,
    ask: () => Promise.resolve(options.typed ?? null),
    readInput: () => Promise.resolve(options.input ?? ''),
    dial: options.dial ?? (() => Promise.resolve({ outcome: 'open', connectUs: 100 })),
    sleep: (ms) => {
      clock.now += ms
      return Promise.resolve()
    },
  }
}

class Sequence {
  readonly items: readonly unknown[]
  constructor(items: readonly unknown[]) {
    this.items = items
  }
}

/** Answers that come one after the other. */
export const inTurn = (...items: readonly unknown[]): unknown => new Sequence(items)
