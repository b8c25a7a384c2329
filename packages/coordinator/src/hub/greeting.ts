import { randomBytes } from 'node:crypto'
import { CLOSE } from '@drover/protocol'
import { createServerHandshake, type Admitted, type ServerHandshake, type ServerHandshakeOptions } from '@drover/protocol/node'
import type { WebSocket } from 'ws'
import type { TurnedAway } from './types.ts'

/** What greeting one socket needs; `onAdmitted` takes the socket over. Times in milliseconds. */
export type GreetingContext = {
  handshake: Omit<ServerHandshakeOptions, 'nonceC'>
  helloMs: number
  onAdmitted: (admitted: Admitted) => void
  onTurnedAway: (turnedAway: TurnedAway) => void
}

/** Says CHALLENGE and takes exactly one HELLO; the returned function is what the socket's messages go to until then. */
export const greet = (socket: WebSocket, context: GreetingContext): { receive: (data: Buffer) => void; stop: () => void } => {
  const handshake = createServerHandshake({ ...context.handshake, nonceC: new Uint8Array(randomBytes(32)) })
  const turnAway = (close: number, reason: string): void => {
    context.onTurnedAway({ address: context.handshake.remoteAddress, close, reason, code: null })
    socket.close(close)
  }
  const timer = setTimeout(() => {
    turnAway(CLOSE.timeout, 'no hello')
  }, context.helloMs)
  let hasHello = false
  socket.send(handshake.challenge, { binary: true })
  return {
    receive: (data) => {
      if (hasHello) return turnAway(CLOSE.malformed, 'message before the answer')
      hasHello = true
      clearTimeout(timer)
      answer(socket, { handshake, data, context, turnAway }).catch(() => {
        turnAway(CLOSE.internal, 'the decision failed')
      })
    },
    stop: () => {
      clearTimeout(timer)
    },
  }
}

type Answering = {
  handshake: ServerHandshake
  data: Buffer
  context: GreetingContext
  turnAway: (close: number, reason: string) => void
}

const answer = async (socket: WebSocket, answering: Answering): Promise<void> => {
  const { handshake, data, context, turnAway } = answering
  const step = await handshake.hello(new Uint8Array(data))
  if (socket.readyState !== socket.OPEN) return
  if (step.do === 'close') return turnAway(step.close, step.reason)
  if (step.do === 'accept') context.onAdmitted(step.admitted)
  socket.send(step.bytes, { binary: true })
  if (step.do !== 'refuse') return
  context.onTurnedAway({ address: context.handshake.remoteAddress, close: step.close, reason: step.code, code: step.code })
  socket.close(step.close)
}
