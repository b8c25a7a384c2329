import * as z from 'zod'

/** First four bytes of a frame, as text; the last character is the frame layout's version. */
export const FRAME_MAGIC = 'DRV1'
/** Kinds of frames by the number in byte 4. */
export const FRAME_KINDS = { data: 1, ack: 2, bye: 3 } as const
/** Name of a frame kind. */
export type FrameKind = keyof typeof FRAME_KINDS

/**
 * Where the parts of a frame are. Big endian throughout: magic 4, kind 1, flags 1 (zero), header length 2,
 * body length 4, sequence number 8, then header, body and a 64-byte Ed25519 signature.
 */
export const FRAME_OFFSETS = { magic: 0, kind: 4, flags: 5, headerLength: 6, bodyLength: 8, seq: 12, header: 20 } as const
/** Bytes of an Ed25519 signature. */
export const SIGNATURE_LENGTH = 64
/** Bytes of the smallest well-formed frame: a head and a signature. */
export const FRAME_MIN = FRAME_OFFSETS.header + SIGNATURE_LENGTH

/** JSON header of a frame: message type, its id, and the id of the message it answers. */
export const frameHeaderSchema = z.strictObject({
  t: z.string().regex(/^[a-z][a-z0-9.-]{0,63}$/),
  id: z.uuid(),
  re: z.uuid().optional(),
})
/** See `frameHeaderSchema`. */
export type FrameHeader = z.infer<typeof frameHeaderSchema>

/** Body of an ack frame: ids of messages that are safely stored by the side that sends it. */
export const ackBodySchema = z.strictObject({ ids: z.array(z.uuid()).min(1).max(256) })
/** Body of a bye frame: why the sender leaves, as a code. */
export const byeBodySchema = z.strictObject({ code: z.string().regex(/^[a-z][a-z-]{0,63}$/) })

/** Signature direction: agent to coordinator or back; it chooses the signing domain. */
export type Direction = 'a2c' | 'c2a'
