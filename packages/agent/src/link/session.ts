import { randomUUID } from 'node:crypto'
import { ackBodySchema, byeBodySchema, CLOSE } from '@drover/protocol'
import { createFrameChannel, jsonBytes, readJsonAs, type FrameChannel, type FrameContent } from '@drover/protocol/node'
import { WebSocket } from 'ws'
import { bytesOf, type HandshakeResult } from './handshake.ts'
import { createPacer, type Pacer } from './pacer.ts'
import { LinkClosed, type LinkMessage, type LinkMessages, type LinkOptions, type LinkTimes, type SendOptions } from './types.ts'

/** An open session; `ended` resolves with the close code when its connection is gone. */
export type AgentSession = {
  send: (t: string, body: unknown, options?: SendOptions) => Promise<void>
  bye: () => Promise<void>
  ended: Promise<number>
}

type Pending = { resolve: () => void; reject: (error: Error) => void }
type Running<M extends LinkMessages> = {
  socket: WebSocket
  channel: FrameChannel
  options: LinkOptions<M>
  pacer: Pacer
  /** Sent and waiting to be acknowledged, by message id. */
  unacknowledged: Map<string, Pending[]>
  inbox: Promise<void>
}

/** Runs an accepted session: the first heartbeat goes out at once and opens it at the coordinator. */
export const runSession = <M extends LinkMessages>(
  options: LinkOptions<M>,
  from: HandshakeResult & { ok: true },
  times: LinkTimes,
): AgentSession => {
  const { socket, sessionId } = from
  const { keys, coordinator, says } = options
  const channel = createFrameChannel({ sends: 'a2c', sessionId, key: keys.node, peer: coordinator.key })
  const pacer = createPacer(() => performance.now())
  const running: Running<M> = { socket, channel, options, pacer, unacknowledged: new Map(), inbox: Promise.resolve() }
  const dead = setTimeout(() => socket.terminate(), times.dead)
  const beat = (): void => {
    const { t, body } = says.heartbeat()
    send(running, { t, body, options: {} }).catch(() => undefined)
  }
  socket.on('message', (data, isBinary) => {
    if (socket.readyState !== WebSocket.OPEN) return
    const result = isBinary ? channel.open(bytesOf(data)) : ({ ok: false, close: CLOSE.malformed } as const)
    if (!result.ok) return socket.close(result.close)
    dead.refresh()
    const close = take(running, result.frame)
    if (close !== null) socket.close(close)
  })
  const timer = setInterval(beat, times.heartbeat)
  const ended = new Promise<number>((resolve) => {
    const end = (code: number): void => {
      clearInterval(timer)
      clearTimeout(dead)
      pacer.stop()
      for (const { reject } of [...running.unacknowledged.values()].flat()) reject(new LinkClosed('session ended'))
      running.unacknowledged.clear()
      resolve(code)
    }
    if (socket.readyState === WebSocket.CLOSED) end(1006)
    else socket.once('close', end)
  })
  beat()
  return {
    send: async (t, body, sendOptions = {}) => send(running, { t, body, options: sendOptions }),
    bye: async () => {
      await bye(running)
    },
    ended,
  }
}

type Outgoing = { t: string; body: unknown; options: SendOptions }

const send = async <M extends LinkMessages>(running: Running<M>, outgoing: Outgoing): Promise<void> => {
  const { id = randomUUID(), re, ack = false } = outgoing.options
  const header = re === undefined ? { t: outgoing.t, id } : { t: outgoing.t, id, re }
  const frame: FrameContent = { kind: 'data', header, body: jsonBytes(outgoing.body) }
  if (!ack) return write(running, frame)
  await new Promise<void>((resolve, reject) => {
    running.unacknowledged.set(id, [...(running.unacknowledged.get(id) ?? []), { resolve, reject }])
    write(running, frame).catch(reject)
  })
}

/** Seals in the order of writing, because sequence numbers must arrive in order. */
const write = async <M extends LinkMessages>(running: Running<M>, frame: FrameContent): Promise<void> => {
  const { socket, channel, pacer } = running
  await new Promise<void>((resolve, reject) => {
    const dropped = (): void => reject(new LinkClosed('no session'))
    pacer.add(() => {
      if (socket.readyState !== WebSocket.OPEN) return dropped()
      try {
        socket.send(channel.seal(frame), { binary: true }, (error) => (error ? dropped() : resolve()))
      } catch (error) {
        reject(error instanceof Error ? error : new LinkClosed('not written'))
      }
    }, dropped)
  })
}

/** Takes in one verified frame; the code to close with, or null. */
const take = <M extends LinkMessages>(running: Running<M>, frame: FrameContent): number | null => {
  if (frame.kind === 'data') return takeData(running, frame)
  if (frame.kind === 'bye') return readJsonAs(byeBodySchema, frame.body).ok ? 1000 : CLOSE.malformed
  const ack = readJsonAs(ackBodySchema, frame.body)
  if (!ack.ok) return CLOSE.malformed
  for (const id of ack.value.ids) {
    for (const { resolve } of running.unacknowledged.get(id) ?? []) resolve()
    running.unacknowledged.delete(id)
  }
  return null
}

const takeData = <M extends LinkMessages>(running: Running<M>, frame: FrameContent): number | null => {
  const { options, socket } = running
  const { t, id, re } = frame.header
  const schema = Object.hasOwn(options.messages, t) ? options.messages[t] : undefined
  if (schema === undefined) return CLOSE.malformed
  const body = readJsonAs(schema, frame.body)
  if (!body.ok) return CLOSE.malformed
  const message = { t, id, re, body: body.value } as LinkMessage<M>
  running.inbox = running.inbox
    .then(async () => {
      await options.onMessage(message)
      await acknowledge(running, id)
    })
    .catch(() => {
      socket.close(CLOSE.internal)
    })
  return null
}

const acknowledge = async <M extends LinkMessages>(running: Running<M>, id: string): Promise<void> => {
  if (running.socket.readyState !== WebSocket.OPEN) return
  // An acknowledgement that cannot be written is repeated when the message comes again.
  await write(running, { kind: 'ack', header: { t: 'ack', id: randomUUID() }, body: jsonBytes({ ids: [id] }) }).catch(() => undefined)
}

const bye = async <M extends LinkMessages>(running: Running<M>): Promise<void> => {
  const frame: FrameContent = { kind: 'bye', header: { t: 'bye', id: randomUUID() }, body: jsonBytes({ code: 'stopping' }) }
  await write(running, frame).catch(() => undefined)
  running.socket.close(1000)
}
