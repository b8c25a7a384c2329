import type { RawData, WebSocket } from 'ws'
import { CLOSE } from '@drover/protocol'
import type { Admitted } from '@drover/protocol/node'
import { greet, type GreetingContext } from './greeting.ts'
import { createSession, type OpenSession, type SessionContext } from './session.ts'

/** What one connection needs; `onProved` hears that it is no stranger's, `leave` gives back its place among those. */
export type ConnectionContext = {
  greeting: Omit<GreetingContext, 'onAdmitted'>
  session: Omit<SessionContext, 'onFirstFrame'>
  onOpen: (open: OpenSession) => void
  onClosed: (open: OpenSession, code: number) => void
  onProved: () => void
  leave: () => void
}

/** Carries one socket from CHALLENGE to its end: greeting, then at most one session. */
export const serveConnection = (socket: WebSocket, context: ConnectionContext): void => {
  let open: OpenSession | null = null
  let unconfirmed: NodeJS.Timeout | undefined
  const onFirstFrame = (session: OpenSession): void => {
    clearTimeout(unconfirmed)
    context.onOpen(session)
    context.leave()
  }
  const onAdmitted = (admitted: Admitted): void => {
    context.onProved()
    const address = context.greeting.handshake.remoteAddress
    open = createSession(socket, { admitted, address }, { ...context.session, onFirstFrame })
    unconfirmed = setTimeout(() => {
      socket.close(CLOSE.timeout)
    }, context.session.policy.times.firstFrame)
  }
  const greeting = greet(socket, { ...context.greeting, onAdmitted })
  // The WebSocket layer answers its own protocol errors with 1002 and 1009; the close event follows.
  socket.on('error', () => undefined)
  socket.on('message', (data, isBinary) => {
    if (socket.readyState !== socket.OPEN) return
    if (isBinary) (open ?? greeting).receive(asBuffer(data))
    else socket.close(CLOSE.malformed)
  })
  socket.on('ping', () => {
    if (open === null) socket.close(CLOSE.malformed)
    else open.ping()
  })
  socket.on('close', (code) => {
    greeting.stop()
    clearTimeout(unconfirmed)
    context.leave()
    if (open === null) return
    open.finish()
    context.onClosed(open, code)
  })
}

const asBuffer = (data: RawData): Buffer => {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
