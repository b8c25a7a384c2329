import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import {
  encodeAccept,
  encodeChallenge,
  encodeRefuse,
  createFrameChannel,
  generateSigningPair,
  jsonBytes,
  sessionIdOf,
  signEnrolment,
  signingKey,
  splitHello,
  toText,
  transcriptHash,
  type SigningKey,
} from '@drover/protocol/node'
import { makeCertificate } from '../../../packages/coordinator/src/hub/index.ts'
import type { LinkState } from '../../../packages/agent/src/link/index.ts'
import { eventually } from '../../kit/wire/eventually.ts'
import { makeHost, publicHalf } from '../../kit/wire/identity.ts'
import { linkHost, type LinkedHost, type LinkedHostOptions } from '../../kit/wire/linked-host.ts'
import { rawFrame } from '../../kit/wire/raw-socket.ts'
import { makeRegistry } from '../../kit/wire/decide.ts'
import { startImpostor, startListener, type Rogue } from '../../kit/wire/rogue.ts'

// Real sockets on a machine that may be busy: the limit is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const certificate = await makeCertificate({ names: ['127.0.0.1'] })
const other = await makeCertificate({ names: ['127.0.0.1'] })
const coordinator = signingKey(generateSigningPair().secret)
const rogueKey = signingKey(generateSigningPair().secret)

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})
const started = async <R extends Rogue>(rogue: Promise<R>): Promise<R> => {
  const one = await rogue
  stops.push(one.stop)
  return one
}
const hostAt = (url: string, options: Partial<LinkedHostOptions> = {}): LinkedHost => {
  const token = makeRegistry().token()
  const linked = linkHost({ urls: [url], pin: certificate.pin, coordinatorKey: publicHalf(coordinator), token, ...options })
  stops.push(linked.link.close)
  return linked
}
const firstWait = async (linked: LinkedHost): Promise<LinkState> =>
  eventually('waiting', () => linked.states.find((state) => state.kind === 'waiting'))

/** An impostor that answers HELLO with whatever `answer` makes of the transcript, signed with the key that it is given. */
const answering = (key: SigningKey, answer: (socket: WebSocket, transcript: Uint8Array, nodePub: Uint8Array) => Uint8Array) => (socket: WebSocket): void => {
  const challenge = encodeChallenge({ nonceC: toText(new Uint8Array(32)), versions: [1], coordinatorPub: toText(key.publicKey), bootId: 'b', serverTime: 1 })
  socket.send(challenge)
  socket.once('message', (data: Buffer) => {
    const split = splitHello(new Uint8Array(data))
    if (split.ok) socket.send(answer(socket, transcriptHash(challenge, split.hello.unsigned), split.hello.nodePub))
  })
}
const acceptBy = (key: SigningKey) => (_socket: WebSocket, transcript: Uint8Array, nodePub: Uint8Array): Uint8Array =>
  encodeAccept(
    {
      sessionId: toText(sessionIdOf(transcript)),
      nodeId: 'h-x',
      state: 'active',
      enrolment: signEnrolment({ nodeId: 'h-x', nodePub: toText(nodePub), serial: 1, at: 1 }, key),
      endpoints: [],
      version: 1,
      epoch: 1,
      limits: { heartbeatMs: 1, deadMs: 1, controlBody: 1, inventoryEveryMs: 1 },
      serverTime: 1,
      succession: [],
      transcriptHash: toText(transcript),
    },
    transcript,
    key,
  )

describe('a coordinator that is not the pinned one', () => {
  it('with another TLS key hears not one byte', async () => {
    const rogue = await started(startListener(other))
    const linked = hostAt(rogue.url)
    expect(await firstWait(linked)).toMatchObject({ cause: { code: 'pin-mismatch', detail: `saw ${other.pin}` } })
    await eventually('tried again', () => linked.states.filter((state) => state.kind === 'waiting').length >= 2)
    expect(rogue.heard).toEqual([])
    expect(linked.store).toMatchObject({ accepted: null })
    const believer = hostAt(rogue.url, { pin: other.pin })
    await eventually('request', () => Buffer.concat(rogue.heard).toString().startsWith('GET /agent/v1 HTTP/1.1'))
    await believer.link.close()
  })

  it('with the right TLS key but another signing key is refused, and the pinned key stays', async () => {
    const rogue = await started(startImpostor(certificate, answering(rogueKey, acceptBy(rogueKey))))
    const linked = hostAt(rogue.url)
    expect(await firstWait(linked)).toMatchObject({ cause: { code: 'coordinator-key-mismatch' } })
    await eventually('tried again', () => linked.states.filter((state) => state.kind === 'waiting').length >= 2)
    expect(linked.states.every((state) => state.kind !== 'open')).toBe(true)
    expect(linked.store.accepted).toBeNull()
  })

  it('cannot tell a host that it was revoked', async () => {
    const refuse = (_socket: WebSocket, transcript: Uint8Array): Uint8Array =>
      encodeRefuse({ code: 'revoked', retryAfterMs: 0, transcriptHash: toText(transcript) }, transcript, rogueKey)
    const rogue = await started(startImpostor(certificate, answering(rogueKey, refuse)))
    const waits: number[] = []
    const linked = hostAt(rogue.url, { times: { retry: (usual) => (waits.push(usual), 10) } })
    expect(await firstWait(linked)).toMatchObject({ cause: { code: 'coordinator-key-mismatch' } })
    expect(waits[0]).toBeLessThanOrEqual(60_000)
  })

  it('that speaks TLS 1.2 at most is not spoken to', async () => {
    const rogue = await started(startListener(certificate, 'TLSv1.2'))
    const linked = hostAt(rogue.url)
    expect(await firstWait(linked)).toMatchObject({ cause: { code: 'unreachable' } })
    expect(rogue.heard).toEqual([])
  })

  it('at a URL without TLS is never dialled', async () => {
    const linked = hostAt('http://127.0.0.1:1')
    expect(await firstWait(linked)).toMatchObject({ cause: { code: 'unreachable', detail: 'not an https URL' } })
  })
})

describe('a coordinator that stops talking', () => {
  const times = { connect: 150, challenge: 60, accept: 60, heartbeat: 20, dead: 80 }

  it.each([
    ['before the upgrade is answered', async () => startListener(certificate)],
    ['before CHALLENGE', async () => startImpostor(certificate, () => undefined)],
    ['before ACCEPT', async () => startImpostor(certificate, (socket) => {
      socket.send(encodeChallenge({ nonceC: toText(new Uint8Array(32)), versions: [1], coordinatorPub: toText(coordinator.publicKey), bootId: 'b', serverTime: 1 }))
    })],
  ])('%s', async (_name, start) => {
    const rogue = await started(start())
    const linked = hostAt(rogue.url, { times })
    expect(await firstWait(linked)).toMatchObject({ cause: { code: 'timeout' } })
  })

  it('in an open session is taken for dead, and the host dials again', async () => {
    const rogue = await started(startImpostor(certificate, answering(coordinator, acceptBy(coordinator))))
    const linked = hostAt(rogue.url, { times: { heartbeat: 20, dead: 80 } })
    expect(await firstWait(linked)).toMatchObject({ cause: { code: 'ended', close: 1006 } })
    await eventually('open again', () => linked.states.filter((state) => state.kind === 'open').length >= 2)
  })
})

describe('an open session closes on', () => {
  const id = '11111111-1111-4111-8111-111111111111'
  type Channel = ReturnType<typeof createFrameChannel>
  const after = (host: ReturnType<typeof makeHost>, speak: (socket: WebSocket, channel: Channel) => void) =>
    answering(coordinator, (socket, transcript, nodePub) => {
      const channel = createFrameChannel({ sends: 'c2a', sessionId: sessionIdOf(transcript), key: coordinator, peer: publicHalf(host.node) })
      socket.once('message', () => speak(socket, channel))
      return acceptBy(coordinator)(socket, transcript, nodePub)
    })

  it.each([
    ['28 a masked frame', 1002, (socket) => rawSocketOf(socket).write(rawFrame(new Uint8Array(1)))],
    ['a text message', 4400, (socket) => socket.send('{"t":"ping"}')],
    ['an unsigned message', 4400, (socket) => socket.send(jsonBytes({ t: 'ping' }))],
    ['a frame sent twice', 4401, (socket, channel) => {
      const frame = channel.seal({ kind: 'data', header: { t: 'ping', id }, body: jsonBytes({ n: 1 }) })
      socket.send(frame)
      socket.send(frame)
    }],
    ['a message of an unknown type', 4400, (socket, channel) => socket.send(channel.seal({ kind: 'data', header: { t: 'exec', id }, body: jsonBytes({}) }))],
    ['a body that its schema refuses', 4400, (socket, channel) => socket.send(channel.seal({ kind: 'data', header: { t: 'ping', id }, body: jsonBytes({ n: '1' }) }))],
    ['a frame of its own, reflected', 4401, (socket, channel) => {
      void channel
      socket.once('message', (data: Buffer) => socket.send(data))
    }],
  ] as readonly (readonly [string, number, (socket: WebSocket, channel: Channel) => void])[])('%s', async (_name, code, speak) => {
    const host = makeHost()
    const closed: number[] = []
    const rogue = await started(startImpostor(certificate, (socket) => {
      socket.on('close', (close) => closed.push(close))
      after(host, speak)(socket)
    }))
    const linked = hostAt(rogue.url, { host, times: { heartbeat: 30 } })
    await eventually('closed', () => closed.length > 0)
    expect(closed[0]).toBe(code)
    expect(linked.messages.length).toBeLessThanOrEqual(1)
  })
})

/** The connection below a server's WebSocket, to write what ws itself never would. */
const rawSocketOf = (socket: WebSocket): Socket => (socket as unknown as { _socket: Socket })._socket
