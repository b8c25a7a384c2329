import type { TLSSocket } from 'node:tls'
import { WIRE_LIMITS } from '@drover/protocol'
import { WebSocket } from 'ws'

/** What a WebSocket of ws has and its types leave out: which side it is on, and how it takes a connection over. */
type Bare = WebSocket & {
  _isServer: boolean
  setSocket: (socket: TLSSocket, head: Buffer, options: object) => void
}

const BareSocket = WebSocket as unknown as new (address: null, protocols: undefined, options: object) => Bare

/**
 * The client's end of a WebSocket on a connection that has been upgraded; `head` is what came after the answer. ws makes
 * clients only together with an HTTP request of its own, and a server's end without an address: so the side is set here.
 * Were it not heeded, the other side would refuse the first frame, which has to be masked.
 */
export const clientSocket = (tls: TLSSocket, head: Buffer): WebSocket => {
  const socket = new BareSocket(null, undefined, { autoPong: true, maxPendingAutoPongs: 60, closeTimeout: 5_000 })
  socket._isServer = false
  socket.setSocket(tls, head, {
    allowSynchronousEvents: true,
    maxPayload: WIRE_LIMITS.message,
    maxFragments: WIRE_LIMITS.fragments,
    maxBufferedChunks: WIRE_LIMITS.bufferedChunks,
    skipUTF8Validation: false,
  })
  tls.resume()
  return socket
}
