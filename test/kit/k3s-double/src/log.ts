/** Severities as k3s prints them. */
export type Level = 'info' | 'warning' | 'error' | 'fatal'

/** Writes one log line to standard error. */
export type Log = (level: Level, message: string, fields?: Readonly<Record<string, string>>) => void

const PLAIN = /^[A-Za-z0-9\-._/@^+]*$/

const quoted = (text: string): string => (PLAIN.test(text) ? text : JSON.stringify(text))

/** One line in logrus' text form: `time="…Z" level=info msg="…"`. */
export function logLine(at: Date, level: Level, rest: { message: string; fields: Readonly<Record<string, string>> }): string {
  const fields = Object.entries(rest.fields).map(([key, value]) => ` ${key}=${quoted(value)}`)
  return `time="${at.toISOString().slice(0, 19)}Z" level=${level} msg=${quoted(rest.message)}${fields.join('')}\n`
}

/** A log that writes to the given sink (standard error in the executable). */
export function makeLog(write: (text: string) => void): Log {
  return (level, message, fields = {}) => write(logLine(new Date(), level, { message, fields }))
}

/** Ends the process with this exit code and no further word: what ends it has said so already. */
export class Ended extends Error {
  override readonly name = 'Ended'
  readonly code: number
  constructor(code: number) {
    super(`exit code ${code}`)
    this.code = code
  }
}

/** Ends the process with k3s's last line (`level=fatal`) and exit code 1. */
export class Fatal extends Error {
  override readonly name = 'Fatal'
}
