import { CLOSE, type CloseCode } from '../wire/close-codes.ts'
import { DOMAINS, type Domain } from '../wire/domains.ts'
import {
  FRAME_KINDS,
  FRAME_MAGIC,
  FRAME_MIN,
  FRAME_OFFSETS,
  SIGNATURE_LENGTH,
  frameHeaderSchema,
  type Direction,
  type FrameHeader,
  type FrameKind,
} from '../wire/frame-head.ts'
import { WIRE_LIMITS } from '../wire/limits.ts'
import { concat, utf8, viewOf } from './bytes.ts'
import { jsonBytes, readJsonAs } from './json-bytes.ts'
import { sign, verify, type SigningKey, type VerifyKey } from './sign.ts'

/** What a frame says, apart from its sequence number; `body` is raw bytes. */
export type FrameContent = { kind: FrameKind; header: FrameHeader; body: Uint8Array }

/** The session that a frame belongs to and the direction it travels in; both are part of what is signed. */
export type FrameSession = { direction: Direction; sessionId: Uint8Array }

/** A frame that was verified and read, or the close code and a reason that names no content. */
export type FrameResult = { ok: true; frame: FrameContent } | { ok: false; close: CloseCode; reason: string }

/** The bytes of a frame, signed with `key`; throws RangeError where header or body is over its limit. */
export const encodeFrame = (
  content: FrameContent,
  session: FrameSession & { seq: number },
  key: SigningKey,
): Uint8Array => {
  const header = jsonBytes(content.header)
  if (header.length > WIRE_LIMITS.header) throw new RangeError('frame header too long')
  if (content.body.length > bodyLimit(content.kind)) throw new RangeError('frame body too long')
  const head = new Uint8Array(FRAME_OFFSETS.header)
  const view = viewOf(head)
  head.set(utf8(FRAME_MAGIC))
  view.setUint8(FRAME_OFFSETS.kind, FRAME_KINDS[content.kind])
  view.setUint16(FRAME_OFFSETS.headerLength, header.length)
  view.setUint32(FRAME_OFFSETS.bodyLength, content.body.length)
  view.setBigUint64(FRAME_OFFSETS.seq, BigInt(session.seq))
  const unsigned = concat([head, header, content.body])
  return concat([unsigned, sign(domainOf(session.direction), [session.sessionId, unsigned], key)])
}

/** Verifies a frame of this session and sequence number over its received bytes, and only then reads its header. */
export const decodeFrame = (
  bytes: Uint8Array,
  expected: FrameSession & { seq: number },
  key: VerifyKey,
): FrameResult => {
  const head = readHead(bytes)
  if (!head.ok) return head
  const unsigned = bytes.subarray(0, bytes.length - SIGNATURE_LENGTH)
  const signature = bytes.subarray(bytes.length - SIGNATURE_LENGTH)
  if (!verify(domainOf(expected.direction), [expected.sessionId, unsigned], { signature, key })) {
    return refuse(CLOSE.badSignature, 'signature')
  }
  if (head.seq !== BigInt(expected.seq)) return refuse(CLOSE.badSignature, 'sequence')
  const bodyAt = FRAME_OFFSETS.header + head.headerLength
  const header = readJsonAs(frameHeaderSchema, unsigned.subarray(FRAME_OFFSETS.header, bodyAt))
  if (!header.ok) return refuse(CLOSE.malformed, `header: ${header.reason}`)
  return { ok: true, frame: { kind: head.kind, header: header.value, body: unsigned.subarray(bodyAt) } }
}

type Refused = { ok: false; close: CloseCode; reason: string }
type Head = { ok: true; kind: FrameKind; headerLength: number; seq: bigint }

const refuse = (close: CloseCode, reason: string): Refused => ({ ok: false, close, reason })

const readHead = (bytes: Uint8Array): Head | Refused => {
  if (bytes.length < FRAME_MIN) return refuse(CLOSE.malformed, 'too short')
  const magic = magicFault(bytes)
  if (magic !== null) return refuse(magic, 'magic')
  const view = viewOf(bytes)
  const kind = kindOf(view.getUint8(FRAME_OFFSETS.kind))
  if (kind === null) return refuse(CLOSE.malformed, 'kind')
  if (view.getUint8(FRAME_OFFSETS.flags) !== 0) return refuse(CLOSE.malformed, 'flags')
  const headerLength = view.getUint16(FRAME_OFFSETS.headerLength)
  const bodyLength = view.getUint32(FRAME_OFFSETS.bodyLength)
  if (headerLength > WIRE_LIMITS.header) return refuse(CLOSE.malformed, 'header length')
  if (bytes.length !== FRAME_MIN + headerLength + bodyLength) return refuse(CLOSE.malformed, 'length')
  if (bodyLength > bodyLimit(kind)) return refuse(CLOSE.tooLarge, 'body length')
  return { ok: true, kind, headerLength, seq: view.getBigUint64(FRAME_OFFSETS.seq) }
}

/** Another digit after `DRV` is another version of the layout; anything else is no frame at all. */
const magicFault = (bytes: Uint8Array): CloseCode | null => {
  const magic = Buffer.from(bytes.subarray(0, FRAME_MAGIC.length)).toString('latin1')
  if (magic === FRAME_MAGIC) return null
  return /^DRV[0-9]$/.test(magic) ? CLOSE.version : CLOSE.malformed
}

const kindOf = (code: number): FrameKind | null => {
  if (code === FRAME_KINDS.data) return 'data'
  if (code === FRAME_KINDS.ack) return 'ack'
  return code === FRAME_KINDS.bye ? 'bye' : null
}

const bodyLimit = (kind: FrameKind): number =>
  ({ data: WIRE_LIMITS.dataBody, ack: WIRE_LIMITS.ackBody, bye: WIRE_LIMITS.byeBody })[kind]

const domainOf = (direction: Direction): Domain =>
  direction === 'a2c' ? DOMAINS.frameToCoordinator : DOMAINS.frameToAgent
