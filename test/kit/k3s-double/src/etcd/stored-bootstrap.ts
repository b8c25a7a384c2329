import { readFileSync } from 'node:fs'
import type { World } from '../world.ts'
import { etcdFolder } from './config.ts'

/** A key and its value as they lie in a member's data. */
export type Stored = { readonly key: string; readonly value: string }

const PREFIX = '/bootstrap/'
const KEY_BYTES = PREFIX.length + 12

/** One number of a protocol buffer at a place, and where it ends. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let index = at, factor = 1; index < bytes.length; index += 1, factor *= 128) {
    const byte = bytes[index] ?? 0
    value += (byte & 127) * factor
    if (byte < 128) return { value, end: index + 1 }
  }
  return { value, end: bytes.length }
}

/** The value of an etcd key-value record whose key ends here: revisions and version (fields 2 to 4) come before it (field 5). */
function valueBehind(bytes: Buffer, at: number): string {
  let place = at
  while ([0x10, 0x18, 0x20].includes(bytes[place] ?? 0)) place = varint(bytes, place + 1).end
  if (bytes[place] !== 0x2a) return ''
  const { value, end } = varint(bytes, place + 1)
  return bytes.toString('utf8', end, end + value)
}

/** Every bootstrap record in the bytes of a member's database: values are never torn, as a large one has pages in a row. */
export function bootstrapRecords(bytes: Buffer): Stored[] {
  const found: Stored[] = []
  for (let at = bytes.indexOf(PREFIX); at >= 0; at = bytes.indexOf(PREFIX, at + 1)) {
    const isKey = bytes[at - 2] === 0x0a && bytes[at - 1] === KEY_BYTES
    if (isKey) found.push({ key: bytes.toString('utf8', at, at + KEY_BYTES), value: valueBehind(bytes, at + KEY_BYTES) })
  }
  return found
}

/** Reads the bootstrap data of a stopped member from its files, which needs neither etcd nor a quorum. @throws Error where there is no database yet */
export function storedBootstrap(world: World): Stored[] {
  try {
    return bootstrapRecords(readFileSync(`${etcdFolder(world)}/member/snap/db`))
  } catch {
    throw new Error('failed to create temporary datastore client: failed to read consistent index')
  }
}
