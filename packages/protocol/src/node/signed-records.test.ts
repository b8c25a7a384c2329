import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { DOMAINS } from '../wire/domains.ts'
import { fromText, toText, utf8 } from './bytes.ts'
import { openEnrolment, signEnrolment } from './enrolment.ts'
import { openOrder, signOrder } from './order.ts'
import { sign, signingKey } from './sign.ts'

const coordinator = signingKey(new Uint8Array(32).fill(1))
const stranger = signingKey(new Uint8Array(32).fill(2))
const schema = z.strictObject({ id: z.string(), n: z.int() })

describe('an order', () => {
  const bytes = utf8('{"id":"ord-1","n":1}')
  const signed = signOrder(bytes, coordinator)

  it('is read from its exact bytes, which are handed on unchanged', () => {
    const opened = openOrder(signed, coordinator, schema)
    expect(opened).toMatchObject({ ok: true, order: { id: 'ord-1', n: 1 } })
    expect(opened.ok && opened.bytes).toEqual(bytes)
  })

  it('is refused by another key, with other bytes, or signed for another purpose', () => {
    expect(openOrder(signed, stranger, schema)).toEqual({ ok: false, reason: 'signature' })
    const respaced = { ...signed, order: toText(utf8('{"id":"ord-1", "n":1}')) }
    expect(openOrder(respaced, coordinator, schema)).toEqual({ ok: false, reason: 'signature' })
    const elsewhere = { ...signed, signature: toText(sign(DOMAINS.grant, [bytes], coordinator)) }
    expect(openOrder(elsewhere, coordinator, schema)).toEqual({ ok: false, reason: 'signature' })
  })

  it('is refused where its text is not canonical or its content is not strict', () => {
    const last = signed.signature.slice(-1)
    const loose = signed.signature.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)
    expect(openOrder({ ...signed, signature: loose }, coordinator, schema)).toEqual({ ok: false, reason: 'encoding' })
    const twice = signOrder(utf8('{"id":"a","n":1,"n":2}'), coordinator)
    expect(openOrder(twice, coordinator, schema)).toEqual({ ok: false, reason: 'content' })
  })
})

describe('an enrolment record', () => {
  const record = { nodeId: 'h-a', nodePub: toText(stranger.publicKey), serial: 1, at: 1_700_000_000_000 }

  it('gives the same bytes for the same record, and opens under the key that signed it alone', () => {
    const signed = signEnrolment(record, coordinator)
    const turned = { at: record.at, serial: record.serial, nodePub: record.nodePub, nodeId: record.nodeId }
    expect(signEnrolment(turned, coordinator)).toEqual(signed)
    expect(openEnrolment(signed, coordinator)).toEqual(record)
    expect(openEnrolment(signed, stranger)).toBeNull()
  })

  it('is refused with one bit changed or with more in it than belongs there', () => {
    const signed = signEnrolment(record, coordinator)
    const bytes = fromText(signed.record) ?? new Uint8Array()
    bytes[12] = (bytes[12] ?? 0) ^ 1
    expect(openEnrolment({ ...signed, record: toText(bytes) }, coordinator)).toBeNull()
    const more = utf8(JSON.stringify({ ...record, role: 'admin' }))
    const forged = { record: toText(more), signature: toText(sign(DOMAINS.enrolment, [more], coordinator)) }
    expect(openEnrolment(forged, coordinator)).toBeNull()
  })
})
