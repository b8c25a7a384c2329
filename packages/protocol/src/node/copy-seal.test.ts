import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { copyFrame, COPY_FRAME, COPY_TAG } from '../snapshot-copy.ts'
import type { Snapshot } from '../snapshot.ts'
import { STEPS } from '../steps/index.ts'
import { copyHead, copyOpener, copySealer, readCopyHead } from './copy-seal.ts'

const KEY = new Uint8Array(randomBytes(32))
const PLAIN = new Uint8Array(randomBytes(2 * COPY_FRAME + 1000))
const snapshotOf = (plain: Uint8Array): Snapshot => ({
  ...STEPS['snapshot.copy'].example.snapshot, bytes: plain.length, sha256: createHash('sha256').update(plain).digest('hex'),
})
const SNAPSHOT = snapshotOf(PLAIN)

const sealed = (plain: Uint8Array, key = KEY, snapshot = snapshotOf(plain)): Buffer => {
  const { head, layout, seal } = copySealer(snapshot, key)
  return Buffer.concat([head, ...Array.from({ length: layout.frames }, (_, index) => seal(index, plain.subarray(index * COPY_FRAME, (index + 1) * COPY_FRAME)))])
}

/** What opening gives, frame by frame: `ok`, or where it stopped. */
const opened = (copy: Uint8Array, key = KEY): { ok: boolean; plain: Buffer } => {
  const opener = copyOpener(copy, key)
  if (opener === null || copy.length !== opener.layout.total) return { ok: false, plain: Buffer.alloc(0) }
  const parts: Uint8Array[] = []
  for (let index = 0; index < opener.layout.frames; index += 1) {
    const { at, plain } = copyFrame(opener.layout, index)
    const frame = opener.open(index, copy.subarray(at, at + plain + COPY_TAG))
    if (frame === null) return { ok: false, plain: Buffer.concat(parts) }
    parts.push(frame)
  }
  return { ok: true, plain: Buffer.concat(parts) }
}

describe('a sealed copy', () => {
  it.each([0, 1, COPY_FRAME - 1, COPY_FRAME, COPY_FRAME + 1, PLAIN.length])('of %i bytes opens to the same, and is as long as its layout says', (length) => {
    const plain = PLAIN.subarray(0, length)
    const copy = sealed(plain)
    expect(copy.length).toBe(copySealer(snapshotOf(plain), KEY).layout.total)
    const { ok, plain: back } = opened(copy)
    expect([ok, back.equals(plain)]).toEqual([true, true])
  })

  it('begins with one line that says what it is of, and holds nothing else that can be read', () => {
    const copy = sealed(PLAIN)
    expect(copy.subarray(0, copy.indexOf(10)).toString()).toMatch(/^drover-snapshot-1 \{.*"cluster":"home".*\}$/)
    expect(readCopyHead(copy)).toEqual({ snapshot: SNAPSHOT, length: copyHead(SNAPSHOT).length })
    expect(copy.includes(Buffer.from(PLAIN.subarray(0, 32)))).toBe(false)
  })

  it('is the same when it is made again, so that a cut one goes on', () => {
    expect(sealed(PLAIN).equals(sealed(PLAIN))).toBe(true)
  })

  it('of another snapshot shares no key with it: the same frame is sealed otherwise', () => {
    const other = { ...SNAPSHOT, name: 'other' }
    const frame = PLAIN.subarray(0, COPY_FRAME)
    expect(Buffer.from(copySealer(SNAPSHOT, KEY).seal(0, frame)).equals(copySealer(other, KEY).seal(0, frame))).toBe(false)
  })
})

describe('a copy does not open', () => {
  const copy = sealed(PLAIN)
  const head = copyHead(SNAPSHOT).length
  const frame = COPY_FRAME + COPY_TAG
  const flipped = (at: number): Buffer => Buffer.from(copy.map((byte, place) => (place === at ? byte ^ 1 : byte)))
  const renamed = (from: string, to: string): Buffer => Buffer.concat([Buffer.from(copy.subarray(0, head).toString().replace(from, to)), copy.subarray(head)])
  const part = (from: number, to: number): Buffer => copy.subarray(head + from * frame, head + to * frame)

  it.each<[string, Buffer]>([
    ['cut off by a byte', copy.subarray(0, -1)],
    ['cut off by a frame', copy.subarray(0, head + 2 * frame)],
    ['longer than it was', Buffer.concat([copy, Buffer.alloc(1)])],
    ['with a bit of a frame flipped', flipped(head + frame + 5)],
    ['with a bit of a tag flipped', flipped(head + COPY_FRAME + 3)],
    ['with a bit of the last frame flipped', flipped(copy.length - 1)],
    ['with two frames exchanged', Buffer.concat([copy.subarray(0, head), part(1, 2), part(0, 1), copy.subarray(head + 2 * frame)])],
    ['with one frame twice', Buffer.concat([copy.subarray(0, head), part(0, 1), part(0, 1), copy.subarray(head + 2 * frame)])],
    ['whose head names another cluster', renamed('"cluster":"home"', '"cluster":"hole"')],
    ['whose head names another snapshot', renamed('"name":"manual-a', '"name":"manual-b')],
    ['whose head names another time', renamed('"at":1767225600000', '"at":1767225600001')],
    ['whose head is no head', Buffer.concat([Buffer.from('x'), copy.subarray(1)])],
    ['that is empty', Buffer.alloc(0)],
  ])('%s', (_what, changed) => {
    expect(opened(changed).ok).toBe(false)
  })

  it('under the key of another cluster', () => {
    expect(opened(copy, new Uint8Array(randomBytes(32))).ok).toBe(false)
  })

  it('where a shorter file is said to be whole: the last frame says that it is the last', () => {
    const short = snapshotOf(PLAIN.subarray(0, 2 * COPY_FRAME))
    const cut = Buffer.concat([copyHead(short), part(0, 2)])
    expect(opened(cut).ok).toBe(false)
  })
})

it('a head that is too long, or that is cut, is none', () => {
  expect(readCopyHead(copyHead(SNAPSHOT).subarray(0, -1))).toBeNull()
  expect(readCopyHead(Buffer.alloc(10_000, 'a'))).toBeNull()
  expect(readCopyHead(Buffer.from('drover-snapshot-1 {}\n'))).toBeNull()
})
