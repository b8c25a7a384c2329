import type * as z from 'zod'
import { DOMAINS, type Domain } from '../wire/domains.ts'
import { SIGNATURE_LENGTH } from '../wire/frame-head.ts'
import { acceptSchema, challengeSchema, refuseSchema, type Accept, type Challenge, type Refuse } from '../wire/handshake.ts'
import { HANDSHAKE_MAGIC } from '../wire/hello-layout.ts'
import { WIRE_LIMITS } from '../wire/limits.ts'
import { concat, equalBytes, utf8 } from './bytes.ts'
import { jsonBytes, readJsonAs, type JsonResult } from './json-bytes.ts'
import { sign, verify, type SigningKey, type VerifyKey } from './sign.ts'

const MAGIC_LENGTH = 4

/** CHALLENGE as sent: magic and JSON, unsigned; its exact bytes go into the transcript. */
export const encodeChallenge = (challenge: Challenge): Uint8Array =>
  concat([utf8(HANDSHAKE_MAGIC.challenge), jsonBytes(challenge)])

/** Reads CHALLENGE; at most 512 bytes. */
export const readChallenge = (bytes: Uint8Array): JsonResult<Challenge> => {
  if (bytes.length > WIRE_LIMITS.challenge) return { ok: false, reason: 'too long' }
  if (!startsWith(bytes, HANDSHAKE_MAGIC.challenge)) return { ok: false, reason: 'magic' }
  return readJsonAs(challengeSchema, bytes.subarray(MAGIC_LENGTH))
}

/** ACCEPT as sent: magic, JSON, and a signature that also covers the transcript. */
export const encodeAccept = (accept: Accept, transcript: Uint8Array, key: SigningKey): Uint8Array =>
  signed(concat([utf8(HANDSHAKE_MAGIC.accept), jsonBytes(accept)]), { domain: DOMAINS.accept, transcript, key })

/** REFUSE as sent, signed like ACCEPT. */
export const encodeRefuse = (refuse: Refuse, transcript: Uint8Array, key: SigningKey): Uint8Array =>
  signed(concat([utf8(HANDSHAKE_MAGIC.refuse), jsonBytes(refuse)]), { domain: DOMAINS.refuse, transcript, key })

/** An answer to HELLO that was verified and read. */
export type Answer =
  | { kind: 'accept'; accept: Accept }
  | { kind: 'refuse'; refuse: Refuse }
  | { kind: 'bad'; fault: 'malformed' | 'signature'; reason: string }

/** Verifies ACCEPT or REFUSE under the pinned key and this connection's transcript, and only then reads it. */
export const readAnswer = (bytes: Uint8Array, transcript: Uint8Array, key: VerifyKey): Answer => {
  const end = bytes.length - SIGNATURE_LENGTH
  if (end < MAGIC_LENGTH || end > WIRE_LIMITS.acceptBody + MAGIC_LENGTH) return bad('malformed', 'length')
  const isAccept = startsWith(bytes, HANDSHAKE_MAGIC.accept)
  if (!isAccept && !startsWith(bytes, HANDSHAKE_MAGIC.refuse)) return bad('malformed', 'magic')
  const domain = isAccept ? DOMAINS.accept : DOMAINS.refuse
  const unsigned = bytes.subarray(0, end)
  if (!verify(domain, [transcript, unsigned], { signature: bytes.subarray(end), key })) return bad('signature', 'signature')
  const body = unsigned.subarray(MAGIC_LENGTH)
  return isAccept
    ? answer(acceptSchema, body, (accept) => ({ kind: 'accept', accept }))
    : answer(refuseSchema, body, (refuse) => ({ kind: 'refuse', refuse }))
}

const answer = <T>(schema: z.ZodType<T>, body: Uint8Array, make: (value: T) => Answer): Answer => {
  const read = readJsonAs(schema, body)
  return read.ok ? make(read.value) : bad('malformed', read.reason)
}

const bad = (fault: 'malformed' | 'signature', reason: string): Answer => ({ kind: 'bad', fault, reason })

const signed = (
  unsigned: Uint8Array,
  by: { domain: Domain; transcript: Uint8Array; key: SigningKey },
): Uint8Array => concat([unsigned, sign(by.domain, [by.transcript, unsigned], by.key)])

const startsWith = (bytes: Uint8Array, magic: string): boolean =>
  equalBytes(bytes.subarray(0, MAGIC_LENGTH), utf8(magic))
