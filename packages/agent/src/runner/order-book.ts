import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type OrderReport, OrderReportSchema } from '@drover/protocol'
import type { JournalRecord } from '../core/journal-record.ts'
import { type StepState, stateOf } from '../core/step-machine.ts'
import { type AppendHook, type AttemptId, attemptOf, type Journal, journalName, openJournal, readJournal } from './journal.ts'

/** One attempt of an order as the folder of journals knows it; `corrupt` says why its journal cannot be read. */
export type Entry = { readonly id: AttemptId; readonly records: readonly JournalRecord[]; readonly state: StepState; readonly corrupt: string | null }

/** The folder of journals: one file per attempt of an order. */
export type OrderBook = {
  readonly folder: string
  readonly all: () => readonly Entry[]
  readonly find: (id: AttemptId) => Entry | null
  /** Appends records to an attempt's journal, making it where there is none. */
  readonly append: (id: AttemptId, records: readonly JournalRecord[]) => void
  readonly open: (id: AttemptId) => Journal
  /** Removes the oldest acknowledged journals beyond `keep`; never one that is not acknowledged. */
  readonly compact: (keep: number) => void
}

const readEntry = (folder: string, id: AttemptId): Entry => {
  try {
    const records = readJournal(`${folder}/${journalName(id)}`)
    return { id, records, state: stateOf(records), corrupt: null }
  } catch (error) {
    return { id, records: [], state: { at: 'empty' }, corrupt: error instanceof Error ? error.message : String(error) }
  }
}

/** A folder that somebody took away meanwhile holds nothing; the next journal makes it again. */
const namesIn = (folder: string): readonly string[] => (existsSync(folder) ? readdirSync(folder) : [])

/** Opens the folder (0700), making it where it is missing; `hook` is for tests. */
export const openOrderBook = (folder: string, hook?: AppendHook): OrderBook => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const ids = (): readonly AttemptId[] =>
    namesIn(folder)
      .map(attemptOf)
      .filter((id) => id !== null)
  const append = (id: AttemptId, records: readonly JournalRecord[]): void => {
    const journal = openJournal(folder, id, hook)
    try {
      for (const record of records) journal.append(record)
    } finally {
      journal.close()
    }
  }
  return {
    folder,
    all: () => ids().map((id) => readEntry(folder, id)),
    find: (id) => (existsSync(`${folder}/${journalName(id)}`) ? readEntry(folder, id) : null),
    append,
    open: (id) => openJournal(folder, id, hook),
    compact: (keep) => {
      const known = ids()
      if (known.length <= keep) return
      const files = known
        .filter((id) => isAcknowledged(readEntry(folder, id).state))
        .map((id) => ({ path: `${folder}/${journalName(id)}`, at: statSync(`${folder}/${journalName(id)}`).mtimeMs }))
        .toSorted((a, b) => b.at - a.at)
      for (const { path } of files.slice(keep)) {
        rmSync(path)
        rmSync(path.replace(/\.jnl$/, '.said'), { force: true })
      }
    },
  }
}

const isAcknowledged = (state: StepState): boolean => state.at === 'ended' && state.acknowledged

/** The report of an attempt's end, or null while it has none. */
export const endReport = ({ id, state }: Pick<Entry, 'id' | 'state'>): OrderReport | null => {
  if (state.at !== 'ended') return null
  const { end } = state
  if (end.type === 'DONE') {
    return { ...id, state: 'done', result: end.result, recovered: end.recovered, elapsedMs: end.elapsedMs }
  }
  const message = end.message.slice(0, 2000)
  if (end.type === 'REFUSED') return { ...id, state: 'refused', code: end.code, message }
  const { code, undone, elapsedMs } = end
  return { ...id, state: 'failed', code, message, evidence: end.evidence.slice(0, 8000), undone, elapsedMs }
}

/** What the child last said of itself (a small file beside the journal, not fsynced), or null. */
export const readSaid = (folder: string, id: AttemptId): OrderReport | null => {
  try {
    const value: unknown = JSON.parse(readFileSync(saidPath(folder, id), 'utf8'))
    const read = OrderReportSchema.safeParse(value)
    return read.success ? read.data : null
  } catch {
    return null
  }
}

/** Where the child says how far it is. */
export const saidPath = (folder: string, id: AttemptId): string => `${folder}/${journalName(id).replace(/\.jnl$/, '.said')}`
