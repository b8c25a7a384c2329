import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startCoordinator } from '../../kit/wire/coordinator.ts'
import { eventually } from '../../kit/wire/eventually.ts'
import { publicHalf } from '../../kit/wire/identity.ts'
import { linkHost } from '../../kit/wire/linked-host.ts'
import { openRawSession, note } from '../../kit/wire/raw-session.ts'
import { openRaw, rawFrame, upgradeRequest } from '../../kit/wire/raw-socket.ts'

// Real sockets on a machine that may be busy: the limit is there to end a hang, not to measure.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const coordinator = await startCoordinator({
  policy: { sockets: { perStranger: 512, perKnown: 512, all: 1_024 } },
  headersTimeout: 300,
  maxHeadersCount: 64,
})
const { url, pin, key, registry } = coordinator
const good = linkHost({ urls: [url], pin, coordinatorKey: publicHalf(key), token: registry.token() })

beforeAll(async () => {
  await eventually('good peer', () => good.states.find((state) => state.kind === 'open'))
})
afterAll(async () => {
  await good.link.close()
  await coordinator.stop()
})

const expectUnharmed = async (): Promise<void> => {
  expect(good.states.filter((state) => state.kind === 'open')).toHaveLength(1)
  expect(coordinator.received.filter((message) => message.nodeId !== good.host.nodeId)).toEqual([])
  await good.link.send('note', 'still here', { ack: true })
}

/** What is sent into an open session, and the code that the WebSocket layer answers with. */
const BROKEN: readonly (readonly [name: string, bytes: Uint8Array, codes: readonly number[]])[] = [
  ['26 a frame of 524,289 bytes', rawFrame(new Uint8Array(524_289)), [1009]],
  ['26 a head that claims 2^63-1 bytes', rawFrame(new Uint8Array(1), { claims: 2n ** 63n - 1n }), [1009]],
  ['27 a compressed frame although nothing was agreed', rawFrame(new Uint8Array(9), { rsv: 4 }), [1002]],
  ['28 a reserved opcode', rawFrame(new Uint8Array(1), { opcode: 3 }), [1002]],
  ['28 an unmasked frame', rawFrame(new Uint8Array(1), { masked: false }), [1002]],
  ['28 a ping of 126 bytes', rawFrame(new Uint8Array(126), { opcode: 9 }), [1002]],
  ['28 a ping in fragments', rawFrame(new Uint8Array(1), { opcode: 9, fin: false }), [1002]],
  ['28 a continuation of nothing', rawFrame(new Uint8Array(1), { opcode: 0 }), [1002]],
  ['29 a close frame with code 1005', rawFrame(new Uint8Array([0x03, 0xed]), { opcode: 8 }), [1002]],
  ['29 a close frame with one byte', rawFrame(new Uint8Array([0x03]), { opcode: 8 }), [1002]],
  ['29 a close reason that is not UTF-8', rawFrame(new Uint8Array([0x03, 0xe8, 0xff]), { opcode: 8 }), [1007]],
]

describe('below the frames', () => {
  it.each(BROKEN)('%s', async (_name, bytes, codes) => {
    const session = await openRawSession(coordinator)
    session.raw.write(bytes)
    expect(codes).toContain(await session.raw.closed)
    await expectUnharmed()
  })

  it('25 nine fragments, or 131,000 of one byte that never end, are cut off early and cost no memory', async () => {
    const nine = await openRawSession(coordinator)
    nine.raw.write(Buffer.concat([rawFrame(new Uint8Array(1), { fin: false }), ...fragments(7), rawFrame(new Uint8Array(1), { opcode: 0 })]))
    expect([1008, 1009]).toContain(await nine.raw.closed)
    const many = await openRawSession(coordinator)
    const before = process.memoryUsage().rss
    many.raw.write(Buffer.concat([rawFrame(new Uint8Array(1), { fin: false }), ...fragments(131_000)]))
    expect([1008, 1009]).toContain(await many.raw.closed)
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1_048_576)
    await expectUnharmed()
  })

  it('27 compression is never agreed to', async () => {
    const offer = upgradeRequest((lines) => [...lines, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'])
    const raw = await openRaw(coordinator.port, offer)
    const { status, head } = await raw.answer
    expect(status).toBe(101)
    expect(head.toLowerCase()).not.toContain('extensions')
    raw.socket.destroy()
  })

  it('29 a thousand pings at once', async () => {
    const session = await openRawSession(coordinator)
    session.send(session.channel.seal(note('open')))
    await eventually('open', () => coordinator.received.some((message) => message.nodeId === session.host.nodeId))
    coordinator.received.splice(0)
    session.raw.write(Buffer.concat(Array.from({ length: 1_000 }, () => rawFrame(new Uint8Array(), { opcode: 9 }))))
    // More pings than pongs can be queued end the connection at once; fewer run into the host's rate.
    expect([1006, 1008, 4429]).toContain(await session.raw.closed)
    await expectUnharmed()
  })
})

const fragments = (count: number): Buffer[] => Array.from({ length: count }, () => rawFrame(new Uint8Array(1), { opcode: 0, fin: false }))
const without = (name: string) => (lines: string[]): string[] => lines.filter((line) => !line.startsWith(name))
const instead = (name: string, line: string) => (lines: string[]): string[] => [...without(name)(lines), line]
const first = (line: string) => (lines: string[]): string[] => [line, ...lines.slice(1)]

/** Broken upgrade requests with the status that answers them. */
const UPGRADES: readonly (readonly [name: string, change: (lines: string[]) => string[], status: number])[] = [
  ['with an Origin', (lines) => [...lines, 'Origin: https://evil.example'], 403],
  ['with Origin: null', (lines) => [...lines, 'Origin: null'], 403],
  ['without a subprotocol', without('Sec-WebSocket-Protocol'), 400],
  ['with another subprotocol', instead('Sec-WebSocket-Protocol', 'Sec-WebSocket-Protocol: drover2'), 400],
  ['with two subprotocols', instead('Sec-WebSocket-Protocol', 'Sec-WebSocket-Protocol: drover1, chat'), 400],
  ['with version 7', instead('Sec-WebSocket-Version', 'Sec-WebSocket-Version: 7'), 426],
  ['without a version', without('Sec-WebSocket-Version'), 426],
  ['with 200 headers', (lines) => [...lines, ...Array.from({ length: 200 }, (_, at) => `X-${String(at)}: 1`)], 431],
  ['with 9 KiB of headers', (lines) => [...lines, `X-Long: ${'x'.repeat(9_216)}`], 431],
  ['for a path with dots', first('GET /agent/v1/../v1 HTTP/1.1'), 400],
  ['for a path with a query', first('GET /agent/v1?token=1 HTTP/1.1'), 400],
  ['for another path', first('GET /api/v1 HTTP/1.1'), 400],
  ['by POST', first('POST /agent/v1 HTTP/1.1'), 405],
  ['with a body announced', (lines) => [...lines, 'Content-Length: 4'], 400],
  ['with a key that is none', instead('Sec-WebSocket-Key', 'Sec-WebSocket-Key: x'), 400],
]

describe('30 an upgrade', () => {
  it.each(UPGRADES)('%s is refused', async (_name, change, status) => {
    const raw = await openRaw(coordinator.port, upgradeRequest(change))
    expect((await raw.answer).status).toBe(status)
    await raw.closed
    await expectUnharmed()
  })

  it('with bytes behind it that did not wait for the answer is refused', async () => {
    const raw = await openRaw(coordinator.port, `${upgradeRequest()}early`)
    expect((await raw.answer).status).toBe(400)
  })

  it('with headers that come byte by byte is timed out', async () => {
    const raw = await openRaw(coordinator.port, 'GET /agent/v1 HTTP/1.1\r\n')
    const drip = setInterval(() => raw.write('x'), 40)
    expect((await raw.answer).status).toBe(408)
    clearInterval(drip)
    await expectUnharmed()
  })
})
