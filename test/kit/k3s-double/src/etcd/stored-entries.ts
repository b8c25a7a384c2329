import { createHash } from 'node:crypto'
import { readBucket } from './bolt.ts'

/** A key and its newest value in a copy of a member's data. */
export type StoredEntry = { readonly key: string; readonly value: string }

const BYTES = 2

function varint(bytes: Buffer, from: number): { readonly value: number; readonly end: number } {
  let value = 0
  let end = from
  for (let factor = 1; ; factor *= 128, end += 1) {
    const byte = bytes[end] ?? 0
    value += (byte & 127) * factor
    if (byte < 128) return { value, end: end + 1 }
  }
}

/** The fields of a protocol buffer that are bytes, by number; other numbers are left out. */
function byteFields(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at)
    const next = varint(bytes, tag.end)
    if ((tag.value & 7) === BYTES) found.set(tag.value >> 3, bytes.subarray(next.end, next.end + next.value))
    at = (tag.value & 7) === BYTES ? next.end + next.value : next.end
  }
  return found
}

const SUM = 32

/** The database in a snapshot, whose last bytes are the SHA-256 of those before. @throws Error in etcd's words */
export function checkedSnapshot(bytes: Buffer): Buffer {
  if (bytes.length % 512 !== SUM) throw new Error('snapshot missing hash but --skip-hash-check=false')
  const [database, sum] = [bytes.subarray(0, -SUM), bytes.subarray(-SUM)]
  const got = createHash('sha256').update(database).digest()
  if (!got.equals(sum)) throw new Error(`expected sha256 [${[...sum].join(' ')}], got [${[...got].join(' ')}]`)
  return database
}

/** What was there at the end: revisions follow each other, and a key that was deleted last has a `t` behind its revision. */
export function storedEntries(database: Buffer): StoredEntry[] {
  const newest = new Map<string, string | undefined>()
  for (const { key: revision, value } of readBucket(database, 'key')) {
    const fields = byteFields(value)
    newest.set(fields.get(1)?.toString() ?? '', revision.at(-1) === 0x74 && revision.length > 17 ? undefined : (fields.get(5)?.toString() ?? ''))
  }
  return [...newest].flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]))
}
