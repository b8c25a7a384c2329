import * as z from 'zod'

/** Plain bytes of each frame of a copy but the last, which has the rest. */
export const COPY_FRAME = 1_048_576
/** What sealing adds to a frame. */
export const COPY_TAG = 16
/** The most bytes that the head of a copy has. */
export const COPY_HEAD = 4096

/** Where the frames of a copy lie: after a head, each `COPY_TAG` longer than what is in it; all in bytes. */
export type CopyLayout = { readonly head: number; readonly bytes: number; readonly frames: number; readonly total: number }

/** The layout of a copy of so many plain bytes; nothing has one frame that is empty, so that its end is sealed too. */
export const copyLayout = (head: number, bytes: number): CopyLayout => {
  const frames = Math.max(1, Math.ceil(bytes / COPY_FRAME))
  return { head, bytes, frames, total: head + bytes + frames * COPY_TAG }
}

/** A frame's place in the copy and in the plain file. */
export type CopyFrame = { readonly index: number; readonly at: number; readonly from: number; readonly plain: number }

/** The frame of a number; throws RangeError for one that the copy does not have. */
export const copyFrame = ({ head, bytes, frames }: CopyLayout, index: number): CopyFrame => {
  if (!Number.isInteger(index) || index < 0 || index >= frames) throw new RangeError('the copy has no such frame')
  const from = index * COPY_FRAME
  return { index, at: head + index * (COPY_FRAME + COPY_TAG), from, plain: Math.min(COPY_FRAME, bytes - from) }
}

/** The number of the frame that holds a place behind the head, at most the last one. */
export const frameHolding = ({ head, frames }: CopyLayout, place: number): number =>
  Math.min(frames - 1, Math.max(0, Math.floor((place - head) / (COPY_FRAME + COPY_TAG))))

/** What the coordinator says of a copy: how much of it is there, and whether that is all of it, opened and found good. */
export const CopyStandingSchema = z.strictObject({ bytes: z.int().min(0), total: z.int().min(0), whole: z.boolean() })
/** See {@link CopyStandingSchema}. */
export type CopyStanding = z.infer<typeof CopyStandingSchema>

const RANGE = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/

/** Content-Range of what is sent from a place on to the end. */
export const copyRange = (from: number, total: number): string => `bytes ${String(from)}-${String(total - 1)}/${String(total)}`

/** From where a Content-Range goes to the end, and of how many bytes; null for any other text. */
export const readCopyRange = (text: string): { readonly from: number; readonly total: number } | null => {
  const [, from = NaN, last = NaN, total = NaN] = (RANGE.exec(text) ?? []).map(Number)
  return from <= last && last === total - 1 ? { from, total } : null
}
