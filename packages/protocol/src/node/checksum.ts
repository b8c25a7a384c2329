import { createHash } from 'node:crypto'
import { toBase32 } from './base32.ts'

/** Characters of a checksum: 20 bits of SHA-256. */
export const CHECKSUM_LENGTH = 4

/** Four base32 characters that catch a slip of the hand in the text before them; no protection against intent. */
export const checksum = (text: string): string =>
  toBase32(createHash('sha256').update('drover text\0').update(text).digest().subarray(0, 3)).slice(0, CHECKSUM_LENGTH)
