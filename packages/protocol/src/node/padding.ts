import { concat, viewOf } from './bytes.ts'

const STEP = 256
const LENGTH_BYTES = 4

/** A text behind its length (32 bit), filled with zeros to a multiple of 256 bytes, so that its size says little. */
export const pad = (bytes: Uint8Array): Uint8Array => {
  const length = new Uint8Array(LENGTH_BYTES)
  viewOf(length).setUint32(0, bytes.length)
  const used = LENGTH_BYTES + bytes.length
  return concat([length, bytes, new Uint8Array(Math.ceil(used / STEP) * STEP - used)])
}

/** What `pad` was given, or null where length or filling are not exactly what `pad` writes. */
export const unpad = (padded: Uint8Array): Uint8Array | null => {
  if (padded.length < STEP || padded.length % STEP !== 0) return null
  const end = LENGTH_BYTES + viewOf(padded).getUint32(0)
  if (end > padded.length || padded.length - end >= STEP) return null
  return padded.subarray(end).some((byte) => byte !== 0) ? null : padded.subarray(LENGTH_BYTES, end)
}
