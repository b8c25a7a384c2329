import { randomBytes, randomUUID } from 'node:crypto'
import {
  createClientHandshake,
  createFrameChannel,
  jsonBytes,
  signEnrolment,
  toText,
  type Entry,
  type FrameChannel,
  type FrameContent,
} from '@drover/protocol/node'
import type { TestCoordinator } from './coordinator.ts'
import { makeHost, publicHalf, type TestHost } from './identity.ts'
import { openRaw, rawFrame, type RawSocket } from './raw-socket.ts'

/** A session made by hand: HELLO has been accepted, no frame has been sent yet. */
export type RawSession = {
  raw: RawSocket
  host: TestHost
  channel: FrameChannel
  sessionId: Uint8Array
  challenge: Uint8Array
  hello: Uint8Array
  /** Sends bytes as one binary message. */
  send: (bytes: Uint8Array) => void
}

/** A data frame's content with a fresh id. */
export const note = (body: unknown = 1): FrameContent => ({
  kind: 'data',
  header: { t: 'note', id: randomUUID() },
  body: jsonBytes(body),
})

/** A connection on which CHALLENGE has come, with the HELLO that would answer it. */
export const greetRaw = async (coordinator: TestCoordinator, host: TestHost = makeHost()) => {
  const raw = await openRaw(coordinator.port)
  const challenge = await raw.next()
  const handshake = createClientHandshake({
    node: host.node,
    sealPub: host.sealPub,
    coordinator: publicHalf(coordinator.key),
    entry: recordOf(coordinator, host),
    facts: host.facts,
    tlsPin: coordinator.pin,
    nonceA: new Uint8Array(randomBytes(32)),
    wallTime: 0,
  })
  const step = handshake.receive(challenge)
  if (step.do !== 'send') throw new Error('no hello')
  return { raw, host, challenge, handshake, hello: step.bytes }
}

/** Goes through the handshake by hand. */
export const openRawSession = async (coordinator: TestCoordinator, host?: TestHost): Promise<RawSession> => {
  const greeted = await greetRaw(coordinator, host)
  const { raw, challenge, handshake, hello } = greeted
  raw.write(rawFrame(hello))
  const step = handshake.receive(await raw.next())
  if (step.do !== 'open') throw new Error(`not accepted: ${step.do}`)
  const { sessionId } = step
  const channel = createFrameChannel({ sends: 'a2c', sessionId, key: greeted.host.node, peer: publicHalf(coordinator.key) })
  const send = (bytes: Uint8Array): void => raw.write(rawFrame(bytes))
  return { raw, host: greeted.host, channel, sessionId, challenge, hello, send }
}

/** The enrolment record that this coordinator would have given the host. */
const recordOf = (coordinator: TestCoordinator, host: TestHost): Entry => ({
  mode: 'resume',
  enrolment: signEnrolment({ nodeId: host.nodeId, nodePub: toText(host.node.publicKey), serial: 1, at: 5 }, coordinator.key),
})
