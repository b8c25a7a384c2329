import { describe, expect, it } from 'vitest'
import { CLOSE } from '../wire/close-codes.ts'
import { DOMAINS } from '../wire/domains.ts'
import { FRAME_OFFSETS } from '../wire/frame-head.ts'
import { concat, utf8, viewOf } from './bytes.ts'
import { createFrameChannel } from './frame-channel.ts'
import { decodeFrame, encodeFrame, type FrameContent } from './frame.ts'
import { sign, signingKey } from './sign.ts'

const agent = signingKey(new Uint8Array(32).fill(1))
const coordinator = signingKey(new Uint8Array(32).fill(2))
const sessionId = new Uint8Array(32).fill(3)
const expected = { direction: 'a2c', sessionId, seq: 1 } as const
const id = '11111111-1111-4111-8111-111111111111'
const content: FrameContent = { kind: 'data', header: { t: 'note', id }, body: utf8('{"n":1}') }
const frame = (seq = 1): Uint8Array => encodeFrame(content, { ...expected, seq }, agent)

/** A frame of any header text and any head, rightly signed. */
const signedRaw = (headerText: string | Uint8Array, change: (view: DataView) => void = () => undefined): Uint8Array => {
  const header = typeof headerText === 'string' ? utf8(headerText) : headerText
  const head = new Uint8Array(FRAME_OFFSETS.header)
  head.set(utf8('DRV1'))
  const view = viewOf(head)
  view.setUint8(FRAME_OFFSETS.kind, 1)
  view.setUint16(FRAME_OFFSETS.headerLength, header.length)
  view.setBigUint64(FRAME_OFFSETS.seq, 1n)
  change(view)
  const unsigned = concat([head, header])
  return concat([unsigned, sign(DOMAINS.frameToCoordinator, [sessionId, unsigned], agent)])
}

const closeOf = (bytes: Uint8Array): number | 'ok' => {
  const result = decodeFrame(bytes, expected, agent)
  return result.ok ? 'ok' : result.close
}

describe('a frame', () => {
  it('is read back as it was written', () => {
    expect(decodeFrame(frame(), expected, agent)).toEqual({ ok: true, frame: content })
  })

  it.each([
    ['another version of the layout', signedRaw('', (view) => view.setUint8(3, '2'.charCodeAt(0))), CLOSE.version],
    ['another magic', signedRaw('', (view) => view.setUint8(0, 0)), CLOSE.malformed],
    ['kind 0', signedRaw('', (view) => view.setUint8(FRAME_OFFSETS.kind, 0)), CLOSE.malformed],
    ['kind 4', signedRaw('', (view) => view.setUint8(FRAME_OFFSETS.kind, 4)), CLOSE.malformed],
    ['flags 1', signedRaw('', (view) => view.setUint8(FRAME_OFFSETS.flags, 1)), CLOSE.malformed],
    ['a header length one too long', signedRaw('', (view) => view.setUint16(FRAME_OFFSETS.headerLength, 1)), CLOSE.malformed],
    ['a header of 1,025 bytes', signedRaw('x'.repeat(1_025)), CLOSE.malformed],
    ['an ack body over its limit', ackOf(16_385), CLOSE.tooLarge],
    ['no header at all', signedRaw(''), CLOSE.malformed],
    ['an unknown header field', signedRaw(`{"t":"a","id":"${id}","x":1}`), CLOSE.malformed],
    ['an id that is no UUID', signedRaw('{"t":"a","id":"1"}'), CLOSE.malformed],
    ['header and end of frame only', frame().subarray(0, 83), CLOSE.malformed],
    ['84 zero bytes', new Uint8Array(84), CLOSE.malformed],
  ])('with %s is refused', (_name, bytes, close) => {
    expect(closeOf(bytes)).toBe(close)
  })

  it.each([0n, 2n, 3n, 2n ** 64n - 1n])('with sequence number %i is refused', (seq) => {
    const bytes = signedRaw(`{"t":"a","id":"${id}"}`, (view) => view.setBigUint64(FRAME_OFFSETS.seq, seq))
    expect(closeOf(bytes)).toBe(CLOSE.badSignature)
  })

  it('of another session, direction or key is refused', () => {
    expect(decodeFrame(frame(), { ...expected, sessionId: new Uint8Array(32) }, agent)).toMatchObject({ close: 4401 })
    expect(decodeFrame(frame(), { ...expected, direction: 'c2a' }, agent)).toMatchObject({ close: 4401 })
    expect(decodeFrame(frame(), expected, coordinator)).toMatchObject({ close: 4401 })
  })

  it('is not even looked into before its signature holds', () => {
    const bad = signedRaw('{"t":1,"t":2}')
    bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 1
    expect(closeOf(bad)).toBe(CLOSE.badSignature)
  })

  it('too long is not written', () => {
    const long = { ...content, body: new Uint8Array(262_145) }
    expect(() => encodeFrame(long, expected, agent)).toThrow(RangeError)
    const wide = { ...content, header: { t: 'x'.repeat(1_100), id } }
    expect(() => encodeFrame(wide, expected, agent)).toThrow(RangeError)
  })
})

describe('a channel', () => {
  const ends = () => ({
    host: createFrameChannel({ sends: 'a2c', sessionId, key: agent, peer: coordinator }),
    hub: createFrameChannel({ sends: 'c2a', sessionId, key: coordinator, peer: agent }),
  })

  it('takes every frame once and in order, and refuses any other order', () => {
    const next = seeded(11)
    for (let round = 0; round < 200; round += 1) {
      const { host, hub } = ends()
      const sent = Array.from({ length: 4 }, () => host.seal(content))
      const order = Array.from({ length: 1 + next(6) }, () => next(sent.length))
      for (const [at, which] of order.entries()) {
        const taken = hub.open(sent[which] ?? new Uint8Array())
        expect(taken.ok).toBe(which === at)
        if (!taken.ok) break
      }
    }
  })

  it('refuses every cut of a frame, and every frame with something behind it', () => {
    const whole = frame()
    for (let length = 0; length < whole.length; length += 1) expect(closeOf(whole.subarray(0, length))).not.toBe('ok')
    expect(closeOf(concat([whole, new Uint8Array(1)]))).toBe(CLOSE.malformed)
    expect(closeOf(concat([whole, whole]))).toBe(CLOSE.malformed)
  })

  it('does not take its own frames back', () => {
    const { host, hub } = ends()
    expect(host.open(host.seal(content))).toMatchObject({ ok: false, close: 4401 })
    expect(hub.open(hub.seal(content))).toMatchObject({ ok: false, close: 4401 })
  })
})

it('50,000 mutated frames are all refused, and none throws', () => {
  const next = seeded(2_024)
  const original = frame()
  const codes = new Map<number, number>()
  let taken = 0
  for (let round = 0; round < 50_000; round += 1) {
    const mutated = mutate(original, next)
    if (Buffer.compare(mutated, original) === 0) continue
    const result = decodeFrame(mutated, expected, agent)
    if (result.ok) taken += 1
    else codes.set(result.close, (codes.get(result.close) ?? 0) + 1)
  }
  expect(taken).toBe(0)
  expect([...codes.keys()].filter((code) => ![4400, 4401, 4413, 4426].includes(code))).toEqual([])
  expect(codes.get(4401)).toBeGreaterThan(1_000)
  expect(codes.get(4400)).toBeGreaterThan(1_000)
}, 120_000)

function ackOf(bodyLength: number): Uint8Array {
  const head = new Uint8Array(FRAME_OFFSETS.header)
  head.set(utf8('DRV1'))
  const view = viewOf(head)
  view.setUint8(FRAME_OFFSETS.kind, 2)
  view.setUint32(FRAME_OFFSETS.bodyLength, bodyLength)
  view.setBigUint64(FRAME_OFFSETS.seq, 1n)
  const unsigned = concat([head, new Uint8Array(bodyLength)])
  return concat([unsigned, sign(DOMAINS.frameToCoordinator, [sessionId, unsigned], agent)])
}

function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Changes bytes, cuts, doubles or swaps parts, with a lean towards the head, where the lengths are. */
function mutate(original: Uint8Array, next: (below: number) => number): Uint8Array {
  const bytes = new Uint8Array(original)
  const at = next(3) === 0 ? next(FRAME_OFFSETS.header) : next(bytes.length)
  const kind = next(5)
  if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8))
  else if (kind === 1) bytes[at] = next(256)
  else if (kind === 2) return bytes.subarray(0, at)
  else if (kind === 3) return concat([bytes.subarray(0, at), bytes.subarray(next(bytes.length))])
  else bytes.copyWithin(at, next(bytes.length), bytes.length)
  return bytes
}
