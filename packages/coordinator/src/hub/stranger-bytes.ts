import type { Duplex } from 'node:stream'
import { HELLO_OFFSETS, SIGNATURE_LENGTH, WIRE_LIMITS } from '@drover/protocol'

/** Bytes that HELLO and its framing can take at most, with room for a close frame. */
const MOST = HELLO_OFFSETS.body + WIRE_LIMITS.helloBody + 2 * SIGNATURE_LENGTH + 1_024

/**
 * Counts what a stranger sends, whole messages or not, so that a thousand of them cannot fill the memory with
 * messages that never end. `lift` ends the counting once the host has proved who it is.
 */
export const boundStranger = (socket: Duplex, onTooMuch: () => void): { lift: () => void } => {
  let received = 0
  const count = (chunk: Buffer): void => {
    received += chunk.length
    if (received > MOST) onTooMuch()
  }
  socket.on('data', count)
  return {
    lift: () => {
      socket.off('data', count)
    },
  }
}
