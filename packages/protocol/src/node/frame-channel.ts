import type { Direction } from '../wire/frame-head.ts'
import { decodeFrame, encodeFrame, type FrameContent, type FrameResult } from './frame.ts'
import type { SigningKey, VerifyKey } from './sign.ts'

/** One end of an open session: `sends` is the direction of what this end writes. */
export type FrameChannelOptions = { sends: Direction; sessionId: Uint8Array; key: SigningKey; peer: VerifyKey }

/** Both directions of a session with their sequence numbers, which start at 1 and rise by 1. */
export type FrameChannel = {
  /** Bytes of the next frame to send. */
  seal: (content: FrameContent) => Uint8Array
  /** The next frame received; after a refusal the session is over and must be closed with its code. */
  open: (bytes: Uint8Array) => FrameResult
}

/** A channel for one session; keep it no longer than the connection. */
export const createFrameChannel = (options: FrameChannelOptions): FrameChannel => {
  const { sends, sessionId, key, peer } = options
  const receives: Direction = sends === 'a2c' ? 'c2a' : 'a2c'
  let sent = 0
  let received = 0
  return {
    seal: (content) => {
      const bytes = encodeFrame(content, { direction: sends, sessionId, seq: sent + 1 }, key)
      sent += 1
      return bytes
    },
    open: (bytes) => {
      const result = decodeFrame(bytes, { direction: receives, sessionId, seq: received + 1 }, peer)
      if (result.ok) received += 1
      return result
    },
  }
}
