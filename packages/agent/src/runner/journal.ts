import { closeSync, constants, fdatasyncSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { DroverError, type OrderId, OrderIdSchema } from '@drover/protocol'
import type { JournalRecord } from '../core/journal-record.ts'
import { encodeRecord, readRecords } from './journal-bytes.ts'

/** Called before a record is written and after it is durable: where tests cut the power. */
export type AppendHook = (when: 'before' | 'after', record: JournalRecord) => void

/** The journal of one attempt of one order: what was promised and done, in order, each record on disk before the next act. */
export type Journal = {
  readonly path: string
  readonly records: () => readonly JournalRecord[]
  /** Writes one record and returns when it is on disk. Throws DroverError step.journal. */
  readonly append: (record: JournalRecord) => void
  readonly close: () => void
}

/** Which order and which attempt a journal file is of. */
export type AttemptId = { readonly order: OrderId; readonly attempt: number }

/** Name of an attempt's journal file. */
export const journalName = (id: AttemptId): string => `${id.order}-${String(id.attempt)}.jnl`

/** The attempt of a journal file's name, or null for any other file. */
export const attemptOf = (name: string): AttemptId | null => {
  const [, order = '', attempt = ''] = /^(.+)-([1-9]\d{0,8})\.jnl$/.exec(name) ?? []
  const id = OrderIdSchema.safeParse(order)
  return id.success ? { order: id.data, attempt: Number(attempt) } : null
}

const fault = (path: string, what: string, cause?: unknown): DroverError =>
  new DroverError('step.journal', `${path}: ${what}`, cause === undefined ? {} : { cause })

const orFault = <T>(path: string, what: string, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    if (error instanceof DroverError) throw error
    throw fault(path, `${what}: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

const syncFolder = (folder: string): void => {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Reads a journal without opening it for writing; a torn tail is passed over. Throws step.journal where it is corrupt. */
export const readJournal = (path: string): readonly JournalRecord[] => {
  const read = readRecords(orFault(path, 'cannot be read', () => readFileSync(path)))
  if (read.corrupt !== null) throw fault(path, read.corrupt)
  return read.records
}

/** Opens (or makes) an attempt's journal, cuts a torn tail off, refuses a corrupt one and leaves it as it is. */
export const openJournal = (folder: string, id: AttemptId, hook: AppendHook = () => undefined): Journal => {
  const path = `${folder}/${journalName(id)}`
  return orFault(path, 'cannot be opened', () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    try {
      const read = readRecords(readFileSync(fd))
      if (read.corrupt !== null) throw fault(path, read.corrupt)
      ftruncateSync(fd, read.end)
      fsyncSync(fd)
      syncFolder(folder)
      return appendTo({ path, fd, hook, end: read.end, records: [...read.records] })
    } catch (error) {
      closeSync(fd) // it is tried again for as long as a disk is full: no file may stay open each time
      throw error
    }
  })
}

type Open = { readonly path: string; readonly fd: number; readonly hook: AppendHook; end: number; readonly records: JournalRecord[] }

const appendTo = (open: Open): Journal => ({
  path: open.path,
  records: () => open.records,
  append: (record) => {
    open.hook('before', record)
    orFault(open.path, 'cannot be written', () => {
      const bytes = encodeRecord(record)
      for (let done = 0; done < bytes.length; ) done += writeSync(open.fd, bytes, done, bytes.length - done, open.end + done)
      fdatasyncSync(open.fd)
      open.end += bytes.length
    })
    open.records.push(record)
    open.hook('after', record)
  },
  close: () => closeSync(open.fd),
})
