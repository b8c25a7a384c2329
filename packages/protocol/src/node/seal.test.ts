import { describe, expect, it } from 'vitest'
import nacl from 'tweetnacl'
import { MAX_SEALED_SECRET, type SealContext } from '../wire/signed-bytes.ts'
import { fromUtf8, utf8 } from './bytes.ts'
import { generateSealPair } from './keys.ts'
import { pad, unpad } from './padding.ts'
import { boxAtRest, openAtRest, openSealed, sealSecret } from './seal.ts'

const ctx: SealContext = { purpose: 'agent-token', clusterId: 'prod', nodeId: 'h-a', orderId: 'ord-1', notAfter: 5, sealSerial: 1 }
const host = generateSealPair()

describe('a sealed secret', () => {
  it('opens for the host and the order that it was sealed for', async () => {
    const sealed = await sealSecret(utf8('s3cret'), ctx, host.publicKey)
    const opened = await openSealed(sealed, ctx, host.secret)
    expect(opened.ok && fromUtf8(opened.secret)).toBe('s3cret')
  })

  it.each(Object.keys(ctx) as (keyof SealContext)[])('is refused in an order with another %s', async (field) => {
    const sealed = await sealSecret(utf8('s3cret'), ctx, host.publicKey)
    const other = { ...ctx, [field]: typeof ctx[field] === 'number' ? 99 : 'other' }
    expect(await openSealed(sealed, other, host.secret)).toEqual({ ok: false, reason: 'context' })
  })

  it('does not open for another key or with any byte changed', async () => {
    const sealed = await sealSecret(utf8('s3cret'), ctx, host.publicKey)
    expect(await openSealed(sealed, ctx, generateSealPair().secret)).toEqual({ ok: false, reason: 'not-for-this-key' })
    for (const at of [0, 31, 32, 55, 56, 100, sealed.length - 1]) {
      const changed = sealed.map((byte, index) => (index === at ? byte ^ 1 : byte))
      expect((await openSealed(changed, ctx, host.secret)).ok).toBe(false)
    }
    expect((await openSealed(sealed.subarray(0, 60), ctx, host.secret)).ok).toBe(false)
  })

  it('is opened by plain nacl.box, and its size tells only steps of 256 bytes', async () => {
    const sealed = await sealSecret(utf8('s3cret'), ctx, host.publicKey)
    const inside = nacl.box.open(sealed.subarray(56), sealed.subarray(32, 56), sealed.subarray(0, 32), host.secret)
    expect(fromUtf8(unpad(inside ?? new Uint8Array()) ?? new Uint8Array())).toContain('"purpose":"agent-token"')
    const longer = await sealSecret(utf8('s3cret, only longer'), ctx, host.publicKey)
    expect(longer.length).toBe(sealed.length)
    expect((sealed.length - 56 - 16) % 256).toBe(0)
    expect(longer.subarray(0, 32)).not.toEqual(sealed.subarray(0, 32))
  })

  it('is never made for a weak key or of too many bytes', async () => {
    await expect(sealSecret(utf8('x'), ctx, new Uint8Array(32))).rejects.toThrow(RangeError)
    await expect(sealSecret(new Uint8Array(MAX_SEALED_SECRET + 1), ctx, host.publicKey)).rejects.toThrow(RangeError)
    const most = await sealSecret(new Uint8Array(MAX_SEALED_SECRET).fill(7), ctx, host.publicKey)
    expect((await openSealed(most, ctx, host.secret)).ok).toBe(true)
  })
})

describe('a secret at rest', () => {
  const key = nacl.randomBytes(32)

  it('opens only under its key and for its row', async () => {
    const stored = await boxAtRest(utf8('token'), 'cluster/prod', key)
    expect(fromUtf8((await openAtRest(stored, 'cluster/prod', key)) ?? new Uint8Array())).toBe('token')
    expect(await openAtRest(stored, 'cluster/test', key)).toBeNull()
    expect(await openAtRest(stored, 'cluster/pro', key)).toBeNull()
    expect(await openAtRest(stored, 'cluster/prod', nacl.randomBytes(32))).toBeNull()
    expect(await openAtRest(stored.map((byte, at) => (at === 30 ? byte ^ 1 : byte)), 'cluster/prod', key)).toBeNull()
    expect(await openAtRest(stored.subarray(0, 10), 'cluster/prod', key)).toBeNull()
  })

  it('cannot be moved between rows whose names run together', async () => {
    const stored = await boxAtRest(utf8('b:token'), 'a', key)
    expect(await openAtRest(stored, 'a:b', key)).toBeNull()
  })
})

it('padding is taken off only where it is exactly what was put on', () => {
  for (const length of [0, 1, 251, 252, 253, 600]) {
    const padded = pad(new Uint8Array(length).fill(1))
    expect(padded.length % 256).toBe(0)
    expect(unpad(padded)).toEqual(new Uint8Array(length).fill(1))
  }
  for (const length of [0, 1, 251, 253, 600]) {
    const padded = pad(new Uint8Array(length).fill(1))
    padded[padded.length - 1] = 9
    expect(unpad(padded)).toBeNull()
  }
  expect(unpad(new Uint8Array(255))).toBeNull()
  expect(unpad(new Uint8Array(512))).toBeNull()
  expect(unpad(new Uint8Array(256).fill(255))).toBeNull()
})
