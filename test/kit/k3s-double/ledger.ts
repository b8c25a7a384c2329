import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** What the stand-in notes of itself: each line is durable before the thing it names goes on. */
export type LedgerEvent =
  | { readonly event: 'initialised'; readonly caHash: string; readonly datastore: 'sqlite' | 'etcd' }
  /** Etcd members, by name: added as a learner, become a voter, taken out, made the only one. */
  | { readonly event: 'member-added' | 'promoted' | 'member-removed' | 'reset'; readonly name: string }
  | { readonly event: 'start'; readonly role: 'server' | 'agent'; readonly pid: number }
  | { readonly event: 'ready'; readonly role: 'server' | 'agent' }
  | { readonly event: 'stop'; readonly role: 'server' | 'agent' }
  | { readonly event: 'wiped'; readonly role: 'server' | 'agent' }
  | { readonly event: 'registered'; readonly node: string }
  | { readonly event: 'died'; readonly point: string }

/** One line of the ledger: an event, when (ISO 8601, UTC) and on which node. */
export type LedgerLine = LedgerEvent & { readonly at: string; readonly node: string }

/** Where a host keeps its ledger; an uninstall does not remove it. */
export const LEDGER_FILE = '/var/lib/k3s-double/ledger.jsonl'

const EVENTS: ReadonlySet<string> = new Set(['initialised', 'start', 'ready', 'stop', 'wiped', 'registered', 'died', 'member-added', 'promoted', 'member-removed', 'reset'])

const isLine = (value: unknown): value is LedgerLine =>
  typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string' && EVENTS.has(value.event) && 'at' in value

/** Reads ledger text; a torn last line (power cut while writing) is left out, any other bad line throws. */
export function parseLedger(text: string): LedgerLine[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      const value: unknown = JSON.parse(line)
      if (!isLine(value)) throw new Error(`ledger line ${index + 1} is not an event: ${line}`)
      return value
    })
}

/** Reads a ledger file; a file that is not there is an empty ledger. */
export function readLedger(file: string): LedgerLine[] {
  try {
    return parseLedger(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** Appends one line and makes it durable (fsync of the file, and of the folder when the file is new). */
export function appendLedger(file: string, line: LedgerLine): void {
  mkdirSync(dirname(file), { recursive: true })
  const handle = openSync(file, 'a', 0o600)
  try {
    writeSync(handle, `${JSON.stringify(line)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
