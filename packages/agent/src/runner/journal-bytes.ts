import { crc32 } from 'node:zlib'
import { type JournalRecord, readRecord, RECORD_TYPES } from '../core/journal-record.ts'

const HEAD = 8
const LEAST = 3
/** Largest record in bytes behind its head. */
export const MAX_RECORD = 1_048_576

/** One record as it is on disk: length of the rest (u32 BE), crc32 of the rest (u32 BE), type (u8), JSON. */
export const encodeRecord = (record: JournalRecord): Buffer => {
  const { type, ...body } = record
  const rest = Buffer.concat([Buffer.from([RECORD_TYPES.indexOf(type)]), Buffer.from(JSON.stringify(body), 'utf8')])
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(rest.length, 0)
  head.writeUInt32BE(crc32(rest), 4)
  return Buffer.concat([head, rest])
}

type Found = { readonly rest: Buffer; readonly next: number }

const wholeAt = (bytes: Buffer, at: number): Found | null => {
  if (at + HEAD > bytes.length) return null
  const length = bytes.readUInt32BE(at)
  const next = at + HEAD + length
  if (length < LEAST || length > MAX_RECORD || next > bytes.length) return null
  const rest = bytes.subarray(at + HEAD, next)
  return crc32(rest) === bytes.readUInt32BE(at + 4) ? { rest, next } : null
}

/** True where some whole record begins behind `from`: then what is broken before it is no torn tail. */
const recordBehind = (bytes: Buffer, from: number): boolean => {
  for (let at = from; at + HEAD + LEAST <= bytes.length; at += 1) if (wholeAt(bytes, at) !== null) return true
  return false
}

/** Records of a journal, and where its last whole record ends; `corrupt` where something in the middle is broken. */
export type ReadJournal = { readonly records: readonly JournalRecord[]; readonly end: number; readonly corrupt: string | null }

const parseBody = (rest: Buffer): JournalRecord | null => {
  try {
    return readRecord(rest[0] ?? 0, JSON.parse(rest.toString('utf8', 1)))
  } catch {
    return null
  }
}

/** Reads all records; a torn tail is left out, since it was never promised. */
export const readRecords = (bytes: Buffer): ReadJournal => {
  const records: JournalRecord[] = []
  let at = 0
  while (at < bytes.length) {
    const found = wholeAt(bytes, at)
    if (found === null) {
      const corrupt = recordBehind(bytes, at + 1) ? `broken record at byte ${String(at)}` : null
      return { records, end: at, corrupt }
    }
    const record = parseBody(found.rest)
    if (record === null) return { records, end: at, corrupt: `unknown record at byte ${String(at)}` }
    records.push(record)
    at = found.next
  }
  return { records, end: at, corrupt: null }
}
