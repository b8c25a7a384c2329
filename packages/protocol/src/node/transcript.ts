import { createHash } from 'node:crypto'
import { HASH_PREFIXES } from '../wire/domains.ts'
import { utf8, viewOf } from './bytes.ts'

/** SHA-256 over the exact bytes of CHALLENGE and of HELLO without its signatures, each behind its length (32 bit). */
export const transcriptHash = (challenge: Uint8Array, helloUnsigned: Uint8Array): Uint8Array =>
  new Uint8Array(
    createHash('sha256')
      .update(utf8(HASH_PREFIXES.transcript))
      .update(lengthOf(challenge))
      .update(challenge)
      .update(lengthOf(helloUnsigned))
      .update(helloUnsigned)
      .digest(),
  )

/** The session's id, 32 bytes: it is in the signed bytes of every frame. */
export const sessionIdOf = (transcript: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(utf8(HASH_PREFIXES.session)).update(transcript).digest())

const lengthOf = (bytes: Uint8Array): Uint8Array => {
  const length = new Uint8Array(4)
  viewOf(length).setUint32(0, bytes.length)
  return length
}
