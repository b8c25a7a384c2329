import { randomBytes } from 'node:crypto'
import { connect as connectTls, type TLSSocket } from 'node:tls'

/** A WebSocket frame by hand, so that any of its rules can be broken. */
export type RawFrame = { opcode?: number; fin?: boolean; rsv?: number; masked?: boolean; claims?: bigint }

/** The bytes of a frame; by default one whole masked binary message. */
export const rawFrame = (payload: Uint8Array, frame: RawFrame = {}): Buffer => {
  const { opcode = 2, fin = true, rsv = 0, masked = true, claims } = frame
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode])
  const mask = masked ? randomBytes(4) : Buffer.alloc(0)
  const body = masked ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload
  return Buffer.concat([head, lengthBytes(claims ?? BigInt(payload.length), masked), mask, body])
}

const lengthBytes = (length: bigint, masked: boolean): Buffer => {
  const bit = masked ? 0x80 : 0
  if (length < 126n) return Buffer.from([bit | Number(length)])
  const long = Buffer.alloc(9)
  if (length < 65_536n) {
    long[0] = bit | 126
    long.writeUInt16BE(Number(length), 1)
    return long.subarray(0, 3)
  }
  long[0] = bit | 127
  long.writeBigUInt64BE(length, 1)
  return long
}

/** A TLS connection that speaks WebSocket by hand. */
export type RawSocket = {
  socket: TLSSocket
  write: (bytes: Uint8Array | string) => void
  /** Status line's number and header block of the answer to the upgrade. */
  answer: Promise<{ status: number; head: string }>
  /** The next whole binary message from the other side; rejects when the connection ends first. */
  next: () => Promise<Uint8Array>
  /** Code of the close frame, or 1006 where the connection just ended. */
  closed: Promise<number>
}

/** The request that an agent makes; `change` may break it. */
export const upgradeRequest = (change: (lines: string[]) => string[] = (lines) => lines): string =>
  `${change([
    'GET /agent/v1 HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol: drover1',
  ]).join('\r\n')}\r\n\r\n`

/** Connects and sends a request (none where it is empty). */
export const openRaw = async (port: number, request = upgradeRequest()): Promise<RawSocket> => {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false })
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve)
    socket.once('error', reject)
  })
  const reading = readFrames(socket)
  socket.write(request)
  return { socket, write: (bytes) => void (socket.writable && socket.write(bytes)), ...reading }
}

type Waiting = { resolve: (message: Uint8Array) => void; reject: (error: Error) => void }

const readFrames = (socket: TLSSocket): Pick<RawSocket, 'answer' | 'next' | 'closed'> => {
  const messages: Uint8Array[] = []
  const waiting: Waiting[] = []
  let held = Buffer.alloc(0)
  let close = 1006
  let isUpgraded = false
  const answer = Promise.withResolvers<{ status: number; head: string }>()
  const closed = Promise.withResolvers<number>()
  const take = (opcode: number, payload: Buffer): void => {
    if (opcode === 8) {
      close = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      socket.destroy()
    }
    if (opcode !== 2) return
    const first = waiting.shift()
    if (first === undefined) messages.push(new Uint8Array(payload))
    else first.resolve(new Uint8Array(payload))
  }
  socket.on('data', (data) => {
    held = Buffer.concat([held, data])
    if (!isUpgraded) {
      const end = held.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = held.subarray(0, end).toString('latin1')
      isUpgraded = true
      held = held.subarray(end + 4)
      answer.resolve({ status: Number(head.split(' ')[1]), head })
    }
    for (let frame = firstFrame(held); frame !== null; frame = firstFrame(held)) {
      held = held.subarray(frame.size)
      take(frame.opcode, frame.payload)
    }
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    answer.resolve({ status: 0, head: '' })
    closed.resolve(close)
    for (const { reject } of waiting.splice(0)) reject(new Error(`closed with ${String(close)}`))
  })
  const next = async (): Promise<Uint8Array> => {
    const message = messages.shift()
    if (message !== undefined) return message
    if (socket.destroyed) throw new Error(`closed with ${String(close)}`)
    return new Promise<Uint8Array>((resolve, reject) => {
      waiting.push({ resolve, reject })
    })
  }
  return { answer: answer.promise, next, closed: closed.promise }
}

/** Servers send whole unmasked frames; anything else would be a fault of theirs. */
const firstFrame = (bytes: Buffer): { opcode: number; payload: Buffer; size: number } | null => {
  if (bytes.length < 2) return null
  const short = (bytes[1] ?? 0) & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return null
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
  if (bytes.length < head + length) return null
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload: bytes.subarray(head, head + length), size: head + length }
}
