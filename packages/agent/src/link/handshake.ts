import { randomBytes } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { AGENT_PATH, SUBPROTOCOL, type Accept, type HelloFacts } from '@drover/protocol'
import { createClientHandshake, type ClientHandshake, type ClientStep, type Entry } from '@drover/protocol/node'
import { WebSocket, type RawData } from 'ws'
import { clientSocket } from './client-socket.ts'
import type { LinkCause, LinkCoordinator, LinkKeys, LinkTimes } from './types.ts'
import { upgrade } from './upgrade.ts'

/** A connection on which ACCEPT has verified, or why there is none; a refusal says when to ask again. */
export type HandshakeResult =
  | { ok: true; socket: WebSocket; accept: Accept; sessionId: Uint8Array; acceptedAt: number }
  | { ok: false; cause: LinkCause; retryAfterMs: number }

/** What a handshake needs; `tls` has met the pin already. */
export type HandshakeInput = {
  tls: TLSSocket
  url: URL
  coordinator: LinkCoordinator
  keys: LinkKeys
  entry: Entry
  facts: HelloFacts
  times: LinkTimes
  signal: AbortSignal
}

/** Upgrades a pinned connection to `drover1` and goes through CHALLENGE, HELLO and ACCEPT. */
export const shakeHands = async (input: HandshakeInput): Promise<HandshakeResult> => {
  const upgraded = await upgradeInTime(input)
  if (!upgraded.ok) return { ...upgraded, retryAfterMs: 0 }
  const socket = clientSocket(input.tls, upgraded.head)
  const handshake = createClientHandshake({
    node: input.keys.node,
    sealPub: input.keys.sealPub,
    coordinator: input.coordinator.key,
    entry: input.entry,
    facts: input.facts,
    tlsPin: input.coordinator.pin,
    nonceA: new Uint8Array(randomBytes(32)),
    wallTime: Date.now(),
  })
  return new Promise<HandshakeResult>((resolve) => {
    follow({ socket, handshake, times: input.times, signal: input.signal }, resolve)
  })
}

type Upgraded = { ok: true; head: Buffer } | { ok: false; cause: LinkCause }

const LATE: LinkCause = { code: 'timeout', detail: 'the coordinator does not answer' }

const upgradeInTime = async ({ tls, url, times, signal }: HandshakeInput): Promise<Upgraded> => {
  const time: { isOver: boolean } = { isOver: false }
  const giveUp = (): void => void tls.destroy()
  const timer = setTimeout(() => {
    time.isOver = true
    giveUp()
  }, times.connect)
  signal.addEventListener('abort', giveUp, { once: true })
  if (signal.aborted) giveUp()
  try {
    return { ok: true, head: await upgrade(tls, { host: url.host, path: AGENT_PATH, protocol: SUBPROTOCOL }) }
  } catch (error) {
    giveUp()
    return { ok: false, cause: time.isOver ? LATE : { code: 'ended', close: 1006, detail: error instanceof Error ? error.message : 'not upgraded' } }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}

type Following = { socket: WebSocket; handshake: ClientHandshake; times: LinkTimes; signal: AbortSignal }

const follow = (following: Following, resolve: (result: HandshakeResult) => void): void => {
  const { socket, handshake, times, signal } = following
  const end = (result: HandshakeResult): void => {
    clearTimeout(timer)
    socket.off('message', received)
    socket.off('close', closed)
    signal.removeEventListener('abort', late)
    if (!result.ok && socket.readyState !== WebSocket.CLOSED) socket.close()
    resolve(result)
  }
  const fail = (cause: LinkCause, retryAfterMs = 0): void => end({ ok: false, cause, retryAfterMs })
  const late = (): void => {
    socket.terminate()
    fail(LATE)
  }
  let timer = setTimeout(late, times.challenge)
  const closed = (close: number): void => fail({ code: 'ended', close, detail: 'closed in the handshake' })
  const received = (data: RawData, isBinary: boolean): void => {
    const step: ClientStep = isBinary
      ? handshake.receive(bytesOf(data))
      : { do: 'fail', close: 4400, fault: 'malformed', reason: 'text message' }
    if (step.do === 'send') {
      clearTimeout(timer)
      timer = setTimeout(late, times.accept)
      socket.send(step.bytes, { binary: true })
    } else if (step.do === 'open') {
      end({ ok: true, socket, accept: step.accept, sessionId: step.sessionId, acceptedAt: performance.now() })
    } else if (step.do === 'refused') fail({ code: 'refused', refuse: step.refuse.code }, step.refuse.retryAfterMs)
    else {
      socket.close(step.close)
      fail({ code: step.fault, detail: step.reason })
    }
  }
  signal.addEventListener('abort', late, { once: true })
  socket.on('error', () => undefined)
  socket.on('message', received)
  socket.once('close', closed)
}

/** The bytes of a binary message, whatever form ws hands them over in. */
export const bytesOf = (data: RawData): Uint8Array => {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data))
  return new Uint8Array(data)
}
