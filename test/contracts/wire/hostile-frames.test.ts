import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { DOMAINS, FRAME_OFFSETS, HELLO_OFFSETS } from '@drover/protocol'
import { concat, createFrameChannel, sign, signedInput, toText, utf8 } from '@drover/protocol/node'
import { startCoordinator } from '../../kit/wire/coordinator.ts'
import { eventually } from '../../kit/wire/eventually.ts'
import { makeHost, publicHalf } from '../../kit/wire/identity.ts'
import { linkHost } from '../../kit/wire/linked-host.ts'
import { greetRaw, note, openRawSession, type RawSession } from '../../kit/wire/raw-session.ts'
import { openRaw, rawFrame } from '../../kit/wire/raw-socket.ts'

// Real sockets on a machine that may be busy: the limit is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const roomy = {
  sockets: { perStranger: 512, perKnown: 512, all: 1_024 },
  signatures: { perAddress: { perSecond: 1_000, burst: 1_000 }, all: { perSecond: 1_000, burst: 1_000 } },
}
const coordinator = await startCoordinator({ policy: roomy })
const { url, pin, key, registry } = coordinator
const good = linkHost({ urls: [url], pin, coordinatorKey: publicHalf(key), token: registry.token() })

beforeAll(async () => {
  await eventually('good peer', () => good.states.find((state) => state.kind === 'open'))
})
afterAll(async () => {
  await good.link.close()
  await coordinator.stop()
})

/** What every hostile input must leave as it was: nothing done, nothing said back, and the good peer as before. */
const expectUnharmed = async (): Promise<void> => {
  expect(coordinator.received.filter((message) => message.nodeId !== good.host.nodeId)).toEqual([])
  expect(good.states.filter((state) => state.kind === 'open')).toHaveLength(1)
  await good.link.send('note', 'still here', { ack: true })
}

const at = (position: number, bytes: readonly number[]) => (frame: Uint8Array): Uint8Array => {
  const changed = new Uint8Array(frame)
  changed.set(bytes, position < 0 ? changed.length + position : position)
  return changed
}

/** A frame of any header and body bytes, rightly signed as the first of this session. */
const signedFrame = (session: RawSession, header: Uint8Array | string, body: Uint8Array | string = ''): Uint8Array => {
  const parts = [header, body].map((part) => (typeof part === 'string' ? utf8(part) : part))
  const [headerBytes = new Uint8Array(), bodyBytes = new Uint8Array()] = parts
  const head = Buffer.alloc(FRAME_OFFSETS.header)
  head.write('DRV1')
  head.writeUInt8(1, FRAME_OFFSETS.kind)
  head.writeUInt16BE(headerBytes.length, FRAME_OFFSETS.headerLength)
  head.writeUInt32BE(bodyBytes.length, FRAME_OFFSETS.bodyLength)
  head.writeBigUInt64BE(1n, FRAME_OFFSETS.seq)
  const unsigned = concat([head, headerBytes, bodyBytes])
  return concat([unsigned, sign(DOMAINS.frameToCoordinator, [session.sessionId, unsigned], session.host.node)])
}
const HEADER = '{"t":"note","id":"11111111-1111-4111-8111-111111111111"}'
const withBody = (body: string) => (session: RawSession): Uint8Array => signedFrame(session, HEADER, body)
const withHeader = (header: Uint8Array | string) => (session: RawSession): Uint8Array => signedFrame(session, header, '1')
const changed = (change: (frame: Uint8Array) => Uint8Array) => (session: RawSession): Uint8Array => change(session.channel.seal(note()))
const numbered = (seq: bigint) => (session: RawSession): Uint8Array => {
  const unsigned = Buffer.from(session.channel.seal(note()).subarray(0, -64))
  unsigned.writeBigUInt64BE(seq, FRAME_OFFSETS.seq)
  return concat([unsigned, sign(DOMAINS.frameToCoordinator, [session.sessionId, unsigned], session.host.node)])
}
const malleated = (frame: Uint8Array): Uint8Array => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${Buffer.from(frame.subarray(-32)).reverse().toString('hex')}`) + order
  return at(-32, [...Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()])(frame)
}

const FIRST_FRAMES: readonly (readonly [name: string, make: (session: RawSession) => Uint8Array, close: number])[] = [
  ['2 a message of no bytes', () => new Uint8Array(), 4400],
  ['3 a message of 83 bytes', changed((frame) => frame.subarray(0, 83)), 4400],
  ['4 another layout', changed(at(3, [0x32])), 4426],
  ['5 flags 1', changed(at(FRAME_OFFSETS.flags, [1])), 4400],
  ['6 a header longer than the rest', changed(at(FRAME_OFFSETS.headerLength, [1, 0])), 4400],
  ['6 a header of 65,535', changed(at(FRAME_OFFSETS.headerLength, [255, 255])), 4400],
  ['7 a body of 2^32-1', changed(at(FRAME_OFFSETS.bodyLength, [255, 255, 255, 255])), 4400],
  ['8 one byte behind the signature', changed((frame) => concat([frame, new Uint8Array(1)])), 4400],
  ['9 an all-zero signature', changed((frame) => at(-64, Array<number>(64).fill(0))(frame)), 4401],
  ['10 a malleated signature', changed(malleated), 4401],
  ['14 sequence number 1 twice', (session) => (session.send(session.channel.seal(note('first'))), numbered(1n)(session)), 4401],
  ['15 sequence number 3', numbered(3n), 4401],
  ['16 sequence number 0', numbered(0n), 4401],
  ['17 sequence number 2^64-1', numbered(2n ** 64n - 1n), 4401],
  ['23 a header with t twice', withHeader(HEADER.replace('{', '{"t":"x",')), 4400],
  ['23 a header with __proto__', withHeader(HEADER.replace('{', '{"__proto__":{},')), 4400],
  ['23 a header behind a BOM', withHeader(`\uFEFF${HEADER}`), 4400],
  ['23 a header that is not UTF-8', withHeader(new Uint8Array([0x22, 0xff, 0x22])), 4400],
  ['23 a header with a lone surrogate', withHeader(HEADER.replace('note', '\\ud800')), 4400],
  ['24 a body of 17 levels', withBody('['.repeat(17) + ']'.repeat(17)), 4400],
  ['24 a body of 4,097 elements', withBody(`[${Array<string>(4_097).fill('0').join(',')}]`), 4400],
  ...['1e400', '9007199254740993', '-0', '1.5'].map((body) => [`24 a body of ${body}`, withBody(body), 4400] as const),
  ['an unknown message', (session) => signedFrame(session, HEADER.replace('note', 'exec'), '{}'), 4400],
  ['a message named like a property of every object', (session) => signedFrame(session, HEADER.replace('note', 'constructor'), '{}'), 4400],
  ['a body that its schema refuses', (session) => signedFrame(session, HEADER.replace('note', 'heartbeat'), '{"n":"1"}'), 4400],
  ['a control body of 64 KiB and one', withBody(`"${'x'.repeat(65_535)}"`), 4413],
]

describe('an authenticated host that sends', () => {
  it.each(FIRST_FRAMES)('%s', async (name, make, close) => {
    const session = await openRawSession(coordinator)
    session.send(make(session))
    expect(await session.raw.closed).toBe(close)
    coordinator.received.splice(0, name.startsWith('14') ? 1_000 : 0)
    await expectUnharmed()
  })

  it('1 a text message', async () => {
    const session = await openRawSession(coordinator)
    session.raw.write(rawFrame(session.channel.seal(note()), { opcode: 1 }))
    expect([4400, 1007]).toContain(await session.raw.closed)
    const plain = await openRawSession(coordinator)
    plain.raw.write(rawFrame(utf8('{"t":"note"}'), { opcode: 1 }))
    expect(await plain.raw.closed).toBe(4400)
    await expectUnharmed()
  })

  it("11 a frame signed by another enrolled host", async () => {
    const session = await openRawSession(coordinator)
    const other = await openRawSession(coordinator)
    const forged = createFrameChannel({ sends: 'a2c', sessionId: session.sessionId, key: other.host.node, peer: publicHalf(coordinator.key) })
    session.send(forged.seal(note()))
    expect(await session.raw.closed).toBe(4401)
    other.raw.socket.destroy()
    await expectUnharmed()
  })

  it('13 a frame of the coordinator back to it', async () => {
    const session = await openRawSession(coordinator)
    session.send(session.channel.seal({ ...note({ n: 1 }), header: { t: 'heartbeat', id: '22222222-2222-4222-8222-222222222222' } }))
    session.send(await session.raw.next())
    expect(await session.raw.closed).toBe(4401)
    coordinator.received.splice(0)
    await expectUnharmed()
  })

  it('19 HELLO again, before the answer or after it', async () => {
    const early = await greetRaw(coordinator)
    early.raw.write(Buffer.concat([rawFrame(early.hello), rawFrame(early.hello)]))
    expect(await early.raw.closed).toBe(4400)
    const late = await openRawSession(coordinator)
    late.send(late.hello)
    expect(await late.raw.closed).toBe(4400)
    await expectUnharmed()
  })
})

describe('a stranger who sends', () => {
  it('18 a frame without HELLO', async () => {
    const session = await openRawSession(coordinator)
    const { raw } = await greetRaw(coordinator)
    raw.write(rawFrame(session.channel.seal(note())))
    expect(await raw.closed).toBe(4400)
    session.raw.socket.destroy()
    await expectUnharmed()
  })

  it("20 a HELLO with another connection's nonce", async () => {
    const first = await greetRaw(coordinator)
    const second = await greetRaw(coordinator, first.host)
    second.raw.write(rawFrame(first.hello))
    expect(await second.raw.closed).toBe(4401)
    first.raw.socket.destroy()
    await expectUnharmed()
  })

  it('21 a HELLO whose versions were trimmed on the way', async () => {
    const { raw, hello } = await greetRaw(coordinator)
    const text = Buffer.from(hello).toString('latin1').replace('"versions":[1]', '"versions":[ ]')
    raw.write(rawFrame(Buffer.from(text, 'latin1')))
    expect(await raw.closed).toBe(4401)
    await expectUnharmed()
  })

  it.each([
    ['the identity as node key', HELLO_OFFSETS.nodePub, `01${'00'.repeat(31)}`],
    ['a node key that is not canonical', HELLO_OFFSETS.nodePub, `f0${'ff'.repeat(30)}7f`],
    ['a low-order seal key', HELLO_OFFSETS.sealPub, '00'.repeat(32)],
  ])('22 %s', async (_name, offset, hex) => {
    const { raw, hello } = await greetRaw(coordinator)
    raw.write(rawFrame(at(offset, [...Buffer.from(hex, 'hex')])(hello)))
    expect(await raw.closed).toBe(4403)
    await expectUnharmed()
  })

  it('a ping, which is not HELLO', async () => {
    const { raw } = await greetRaw(coordinator)
    raw.write(rawFrame(new Uint8Array(), { opcode: 9 }))
    expect(await raw.closed).toBe(4400)
    await expectUnharmed()
  })
})

describe('a recorded session, played again', () => {
  it('12 whole, frame by frame, into a new session of the same host, and into one of another host', async () => {
    const recorded = await openRawSession(coordinator)
    const frames = [recorded.channel.seal(note('a')), recorded.channel.seal(note('b'))]
    for (const frame of frames) recorded.send(frame)
    await eventually('recorded', () => coordinator.received.some((message) => message.body === 'b'))
    coordinator.received.splice(0)
    const whole = await openRaw(coordinator.port)
    await whole.next()
    whole.write(Buffer.concat([rawFrame(recorded.hello), ...frames.map((frame) => rawFrame(frame))]))
    expect([4400, 4401]).toContain(await whole.closed)
    for (const host of [recorded.host, makeHost()]) {
      for (const frame of frames) {
        const session = await openRawSession(coordinator, host)
        session.send(frame)
        expect(await session.raw.closed).toBe(4401)
      }
    }
    recorded.raw.socket.destroy()
    await expectUnharmed()
  })
})

it('what is signed is the exact bytes: direction, session, head, header and body', () => {
  const input = signedInput(DOMAINS.frameToCoordinator, [new Uint8Array(32), utf8('DRV1')])
  expect(Buffer.from(input).toString('latin1')).toBe(`drover1 frame a2c\0${'\0'.repeat(32)}DRV1`)
  expect(toText(createHash('sha256').update(input).digest())).toHaveLength(43)
})
