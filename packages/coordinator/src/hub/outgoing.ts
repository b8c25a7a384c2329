import { randomUUID } from 'node:crypto'
import { CLOSE } from '@drover/protocol'
import { jsonBytes, type FrameChannel, type FrameContent } from '@drover/protocol/node'
import { WebSocket } from 'ws'

/** What a session writes: signed frames in sequence, bounded by the bytes that wait in its socket. */
export type Outgoing = {
  send: (t: string, body: unknown, options?: { id?: string; re?: string }) => Promise<void>
  acknowledge: (ids: string[]) => void
}

/** The writing half of a session; a peer that does not read is closed with 4429 at `queueBytes`. */
export const createOutgoing = (socket: WebSocket, channel: FrameChannel, queueBytes: number): Outgoing => {
  const write = async (content: FrameContent): Promise<void> => {
    if (socket.readyState !== WebSocket.OPEN) throw new Error('session is closed')
    if (socket.bufferedAmount + content.body.length > queueBytes) {
      socket.close(CLOSE.rate)
      throw new Error('send queue is full')
    }
    const bytes = channel.seal(content)
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, { binary: true }, (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }
  return {
    send: async (t, body, options = {}) => {
      const { id = randomUUID(), re } = options
      await write({ kind: 'data', header: re === undefined ? { t, id } : { t, id, re }, body: jsonBytes(body) })
    },
    acknowledge: (ids) => {
      const frame: FrameContent = { kind: 'ack', header: { t: 'ack', id: randomUUID() }, body: jsonBytes({ ids }) }
      // An acknowledgement that cannot be written is repeated when the message comes again.
      write(frame).catch(() => undefined)
    },
  }
}
