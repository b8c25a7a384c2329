import { pino } from 'pino'

/** Structured log: fields first, then the sentence. Only allow-listed fields are logged. */
export type Log = {
  readonly info: (fields: LogFields, sentence: string) => void
  readonly warn: (fields: LogFields, sentence: string) => void
  readonly error: (fields: LogFields, sentence: string) => void
}

/** The fields that may be logged: names, ids and numbers; never bodies, headers or secrets. */
export type LogFields = {
  readonly host?: string
  readonly cluster?: string
  readonly run?: string
  readonly order?: string
  readonly address?: string
  readonly code?: string | number
  readonly reason?: string
  readonly route?: string
  readonly requestId?: string
  readonly ms?: number
  readonly error?: unknown
}

/** A pino log to standard output; secrets that slip into a field are masked. */
export const createLog = (level: string): Log => {
  const log = pino({
    level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['*.secret', '*.token', '*.authorization', 'secret', 'token', 'authorization'], censor: '[secret]' },
    formatters: { log: (fields) => mask(fields) },
  })
  return { info: (f, s) => log.info(f, s), warn: (f, s) => log.warn(f, s), error: (f, s) => log.error(f, s) }
}

const SECRET = /K10[0-9a-f]{64}::[^\s"]+|drv[jpsb]1_[a-z2-7_]+|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g

const mask = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? maskText(value.stack ?? value.message) : typeof value === 'string' ? maskText(value) : value]),
  )

/** Replaces what looks like a token or a private key. */
export const maskText = (text: string): string => text.replaceAll(SECRET, '[secret]')
