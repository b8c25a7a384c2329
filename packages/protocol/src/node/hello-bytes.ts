import { CLOSE, type CloseCode } from '../wire/close-codes.ts'
import { SIGNATURE_LENGTH } from '../wire/frame-head.ts'
import {
  HANDSHAKE_MAGIC,
  HELLO_MODES,
  HELLO_OFFSETS,
  KEY_LENGTH,
  TOKEN_ID_LENGTH,
  type HelloMode,
} from '../wire/hello-layout.ts'
import { PROTOCOL_VERSION, WIRE_LIMITS } from '../wire/limits.ts'
import { concat, utf8, viewOf } from './bytes.ts'

/** The fixed-offset part of HELLO; `tokenId` is null on resume. */
export type HelloHead = {
  mode: HelloMode
  nodePub: Uint8Array
  sealPub: Uint8Array
  tokenId: string | null
  nonceC: Uint8Array
  nonceA: Uint8Array
}

/** HELLO taken apart but not yet trusted: `unsigned` is what both signatures cover. */
export type HelloParts = HelloHead & {
  body: Uint8Array
  unsigned: Uint8Array
  nodeSignature: Uint8Array
  tokenSignature: Uint8Array | null
}

/** HELLO without its signatures. */
export const encodeHello = (head: HelloHead, body: Uint8Array): Uint8Array => {
  const fixed = new Uint8Array(HELLO_OFFSETS.body)
  const view = viewOf(fixed)
  fixed.set(utf8(HANDSHAKE_MAGIC.hello))
  view.setUint8(HELLO_OFFSETS.version, PROTOCOL_VERSION)
  view.setUint8(HELLO_OFFSETS.mode, HELLO_MODES[head.mode])
  fixed.set(head.nodePub, HELLO_OFFSETS.nodePub)
  fixed.set(head.sealPub, HELLO_OFFSETS.sealPub)
  fixed.set(utf8(head.tokenId ?? ''), HELLO_OFFSETS.tokenId)
  fixed.set(head.nonceC, HELLO_OFFSETS.nonceC)
  fixed.set(head.nonceA, HELLO_OFFSETS.nonceA)
  view.setUint32(HELLO_OFFSETS.bodyLength, body.length)
  return concat([fixed, body])
}

/** Takes HELLO apart by its fixed offsets, or says the close code. */
export const splitHello = (bytes: Uint8Array): { ok: true; hello: HelloParts } | { ok: false; close: CloseCode } => {
  if (bytes.length > HELLO_OFFSETS.body + WIRE_LIMITS.helloBody + 2 * SIGNATURE_LENGTH) return refuse(CLOSE.tooLarge)
  const early = earlyFault(bytes)
  if (early !== null) return refuse(early)
  const mode = modeOf(bytes)
  const end = HELLO_OFFSETS.body + viewOf(bytes).getUint32(HELLO_OFFSETS.bodyLength)
  const signatures = mode === 'enrol' ? 2 : 1
  if (mode === null || bytes.length !== end + signatures * SIGNATURE_LENGTH) return refuse(CLOSE.malformed)
  const tokenId = tokenIdOf(bytes, mode)
  if (tokenId === undefined) return refuse(CLOSE.malformed)
  const hello: HelloParts = {
    mode,
    nodePub: bytes.slice(HELLO_OFFSETS.nodePub, HELLO_OFFSETS.nodePub + KEY_LENGTH),
    sealPub: bytes.slice(HELLO_OFFSETS.sealPub, HELLO_OFFSETS.sealPub + KEY_LENGTH),
    tokenId,
    nonceC: bytes.slice(HELLO_OFFSETS.nonceC, HELLO_OFFSETS.nonceC + KEY_LENGTH),
    nonceA: bytes.slice(HELLO_OFFSETS.nonceA, HELLO_OFFSETS.nonceA + KEY_LENGTH),
    body: bytes.slice(HELLO_OFFSETS.body, end),
    unsigned: bytes.slice(0, end),
    nodeSignature: bytes.slice(end, end + SIGNATURE_LENGTH),
    tokenSignature: mode === 'enrol' ? bytes.slice(end + SIGNATURE_LENGTH) : null,
  }
  return { ok: true, hello }
}

const refuse = (close: CloseCode): { ok: false; close: CloseCode } => ({ ok: false, close })

const earlyFault = (bytes: Uint8Array): CloseCode | null => {
  const magic = Buffer.from(bytes.subarray(0, HANDSHAKE_MAGIC.hello.length)).toString('latin1')
  if (magic !== HANDSHAKE_MAGIC.hello) return /^DRH[0-9]$/.test(magic) ? CLOSE.version : CLOSE.malformed
  if (bytes.length < HELLO_OFFSETS.body + SIGNATURE_LENGTH) return CLOSE.malformed
  return bytes[HELLO_OFFSETS.version] === PROTOCOL_VERSION ? null : CLOSE.version
}

const modeOf = (bytes: Uint8Array): HelloMode | null => {
  const code = bytes[HELLO_OFFSETS.mode]
  if (code === HELLO_MODES.enrol) return 'enrol'
  return code === HELLO_MODES.resume ? 'resume' : null
}

/** The token's id on enrolment, null on resume, undefined where the ten bytes are neither. */
const tokenIdOf = (bytes: Uint8Array, mode: HelloMode): string | null | undefined => {
  const raw = bytes.subarray(HELLO_OFFSETS.tokenId, HELLO_OFFSETS.tokenId + TOKEN_ID_LENGTH)
  if (mode === 'resume') return raw.every((byte) => byte === 0) ? null : undefined
  const text = Buffer.from(raw).toString('latin1')
  return /^[a-z2-7]{10}$/.test(text) ? text : undefined
}
