import { createHash, randomBytes } from 'node:crypto'
import type { HostId } from '@drover/protocol'
import { toBase32 } from '@drover/protocol/node'

/** A fresh id: `<prefix>-` and 16 base32 characters (80 random bits). */
export const newId = (prefix: 'run' | 'ord' | 'req' | 'fc'): string => `${prefix}-${toBase32(randomBytes(10))}`

/** The identity of a host: `h-` and 16 base32 characters of the SHA-256 of its raw public key. */
export const hostIdOf = (publicKey: Uint8Array): HostId =>
  `h-${toBase32(createHash('sha256').update(publicKey).digest().subarray(0, 10))}` as HostId
