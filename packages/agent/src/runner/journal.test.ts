import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OrderIdSchema } from '@drover/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JournalRecord } from '../core/journal-record.ts'
import { attemptOf, journalName, openJournal, readJournal } from './journal.ts'
import { encodeRecord, readRecords } from './journal-bytes.ts'

const held = { folder: '' }
const ID = { order: OrderIdSchema.parse('ord-aaaaaaaaaaaaaaaa'), attempt: 2 }
const RECORDS: readonly JournalRecord[] = [
  { type: 'RECEIVED', order: 'b3JkZXI', signature: 'c2ln', at: 5 },
  { type: 'CHECKED', outcome: 'needed', said: 'it is missing' },
  { type: 'APPLYING', notes: { entries: ['ä', 1, null] } },
  { type: 'APPLIED', receipt: null },
  { type: 'DONE', result: { bytes: 1 }, recovered: false, elapsedMs: 3 },
  { type: 'ACKED' },
]
const BYTES = Buffer.concat(RECORDS.map(encodeRecord))

beforeAll(() => {
  held.folder = mkdtempSync(join(tmpdir(), 'drover-journal-'))
})
afterAll(() => rmSync(held.folder, { recursive: true }))

describe('the bytes of a journal', () => {
  it('are length, crc32, type and JSON', () => {
    const bytes = encodeRecord({ type: 'ACKED' })
    expect(bytes.readUInt32BE(0)).toBe(3)
    expect([...bytes.subarray(8)]).toEqual([11, 0x7b, 0x7d])
  })

  it('cut at any byte are the whole records before it, never an error', () => {
    const ends = RECORDS.map((_, index) => Buffer.concat(RECORDS.slice(0, index + 1).map(encodeRecord)).length)
    for (let length = 0; length <= BYTES.length; length += 1) {
      const whole = ends.filter((end) => end <= length).length
      expect(readRecords(BYTES.subarray(0, length))).toEqual({ records: RECORDS.slice(0, whole), end: ends[whole - 1] ?? 0, corrupt: null })
    }
  })

  it('with any byte changed are never read as other records', () => {
    const last = BYTES.length - encodeRecord({ type: 'ACKED' }).length
    for (let at = 0; at < BYTES.length; at += 1) {
      const changed = Buffer.from(BYTES)
      changed[at] = (changed[at] ?? 0) ^ 0x41
      const read = readRecords(changed)
      expect(read.records).toEqual(RECORDS.slice(0, read.records.length))
      expect({ at, refused: read.corrupt !== null }).toEqual({ at, refused: at < last })
    }
  })

  it('with a record of an unknown type are refused', () => {
    const stranger = encodeRecord({ type: 'ACKED' })
    const whole = Buffer.concat([encodeRecord({ type: 'CHECKED', outcome: 'needed', said: '' }), stranger])
    const body = Buffer.from(whole.subarray(8, whole.length - stranger.length))
    body[0] = 99
    expect(readRecords(encodeUnknown(body)).corrupt).toBe('unknown record at byte 0')
  })
})

const encodeUnknown = (body: Buffer): Buffer => {
  const model = encodeRecord({ type: 'ACKED' })
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length, 0)
  head.writeUInt32BE(crcOf(body), 4)
  expect(model.readUInt32BE(4)).toBe(crcOf(model.subarray(8)))
  return Buffer.concat([head, body])
}

/** CRC-32 (IEEE 802.3), written out so that the file format is held against something other than itself. */
const crcOf = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

describe('a journal', () => {
  it('keeps its records in a file for root alone, and tells the hook before and after each', () => {
    const told: string[] = []
    const journal = openJournal(join(held.folder, 'one'), ID, (when, record) => told.push(`${when} ${record.type}`))
    for (const record of RECORDS.slice(0, 2)) journal.append(record)
    journal.close()
    expect(told).toEqual(['before RECEIVED', 'after RECEIVED', 'before CHECKED', 'after CHECKED'])
    expect(statSync(journal.path).mode & 0o777).toBe(0o600)
    expect(statSync(join(held.folder, 'one')).mode & 0o777).toBe(0o700)
    expect(readJournal(journal.path)).toEqual(RECORDS.slice(0, 2))
  })

  it('cuts a torn tail off when it is opened, and goes on behind the last whole record', () => {
    const path = join(held.folder, journalName(ID))
    writeFileSync(path, BYTES.subarray(0, BYTES.length - 2))
    const journal = openJournal(held.folder, ID)
    expect(journal.records()).toEqual(RECORDS.slice(0, -1))
    journal.append({ type: 'ACKED' })
    journal.close()
    expect(readFileSync(path).equals(BYTES)).toBe(true)
  })

  it('that is broken in the middle is refused and left as it is', () => {
    const path = join(held.folder, journalName(ID))
    const broken = Buffer.from(BYTES)
    broken[20] = (broken[20] ?? 0) ^ 1
    writeFileSync(path, broken)
    expect(() => openJournal(held.folder, ID)).toThrow(expect.objectContaining({ code: 'step.journal' }))
    expect(() => readJournal(path)).toThrow('broken record at byte 0')
    expect(readFileSync(path).equals(broken)).toBe(true)
  })

  it('that cannot be written says so as step.journal', () => {
    const path = join(held.folder, 'file')
    writeFileSync(path, '')
    expect(() => openJournal(path, ID)).toThrow(expect.objectContaining({ code: 'step.journal' }))
    expect(() => readJournal(join(held.folder, 'nothing'))).toThrow(expect.objectContaining({ code: 'step.journal' }))
  })

  it('is found by its name', () => {
    expect(attemptOf(journalName(ID))).toEqual(ID)
    for (const name of ['ord-aaaaaaaaaaaaaaaa-0.jnl', 'ord-aaaaaaaaaaaaaaaa-2.said', 'ord-AAAAAAAAAAAAAAAA-2.jnl', '../x.jnl']) expect(attemptOf(name)).toBeNull()
  })

  it('that cannot be opened leaves no file open: it is tried again for as long as a disk is full', () => {
    const id = { order: ID.order, attempt: 77 }
    const path = `${held.folder}/${journalName(id)}`
    writeFileSync(path, '')
    truncateSync(path, 3 * 2 ** 30)
    expect(() => openJournal(held.folder, id)).toThrow('cannot be opened')
    const open = readdirSync('/proc/self/fd').filter((fd) => existsSync(`/proc/self/fd/${fd}`) && readlinkSync(`/proc/self/fd/${fd}`) === path)
    expect(open).toEqual([])
    rmSync(path)
  })
})
