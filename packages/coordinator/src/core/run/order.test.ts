import { type OrderReport, OrderReportSchema } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { isBegun, isEnded, type OrderEvent, type OrderState, transitionOrder } from './order.ts'

const base = { order: `ord-${'a'.repeat(16)}`, attempt: 1 }
const report = (body: object): OrderReport => OrderReportSchema.parse({ ...base, ...body })
const reported = (body: object): OrderEvent => ({ kind: 'reported', at: 9, report: report(body) })
const progress = (phase: string): OrderEvent => reported({ state: 'progress', phase, detail: 'x', elapsedMs: 5 })
const DONE = reported({ state: 'done', result: { bytes: 1 }, recovered: true, elapsedMs: 7 })
const FAILED = reported({ state: 'failed', code: 'step.tool', message: 'm', evidence: 'e', undone: 'undone', elapsedMs: 7 })
const REFUSED = reported({ state: 'refused', code: 'order.veto', message: 'm' })
const SENT: OrderEvent = { kind: 'sent', at: 3 }
const SUPERSEDED: OrderEvent = { kind: 'superseded', at: 4, by: 'ord-b' }
const from = (...events: readonly OrderEvent[]): OrderState => events.reduce(transitionOrder, { kind: 'queued' } as OrderState)

describe('an order', () => {
  it('goes its way', () => {
    const way = [SENT, reported({ state: 'received' }), progress('checking'), progress('applying'), progress('verifying'), DONE]
    expect(way.map((_, index) => from(...way.slice(0, index + 1)).kind)).toEqual(['sent', 'received', 'checking', 'applying', 'verifying', 'done'])
    expect(from(...way)).toEqual({ kind: 'done', at: 9, result: { bytes: 1 }, recovered: true, elapsedMs: 7 })
  })

  it('fails, with what was undone; or is refused', () => {
    expect(from(SENT, progress('undoing'), FAILED)).toEqual({ kind: 'failed', at: 9, code: 'step.tool', message: 'm', evidence: 'e', undone: 'undone', elapsedMs: 7 })
    expect(from(SENT, REFUSED)).toEqual({ kind: 'refused', at: 9, code: 'order.veto', message: 'm' })
  })

  it('goes back to an earlier verb when the host begins anew after a crash', () => {
    expect(from(SENT, progress('verifying'), progress('checking')).kind).toBe('checking')
  })

  it('is not put back by sending it again or by a late receipt', () => {
    expect(from(SENT, progress('applying'), SENT).kind).toBe('applying')
    expect(from(SENT, progress('applying'), reported({ state: 'received' })).kind).toBe('applying')
    expect(from(SENT, { ...SENT, at: 8 })).toEqual({ kind: 'sent', at: 8 })
  })

  it('is superseded only while the host has not begun', () => {
    expect(from(SUPERSEDED)).toEqual({ kind: 'superseded', at: 4, by: 'ord-b' })
    expect(from(SENT, SUPERSEDED).kind).toBe('superseded')
    expect(from(SENT, progress('applying'), SUPERSEDED).kind).toBe('applying')
  })

  it('that has ended stays as it ended', () => {
    for (const end of [DONE, FAILED, REFUSED, SUPERSEDED]) {
      const ended = from(end)
      expect(isEnded(ended)).toBe(true)
      for (const event of [SENT, DONE, FAILED, REFUSED, SUPERSEDED, progress('applying')]) expect(transitionOrder(ended, event)).toBe(ended)
    }
  })

  it('has begun once the host has received it', () => {
    expect([from(), from(SENT), from(SENT, reported({ state: 'received' })), from(DONE)].map(isBegun)).toEqual([false, false, true, false])
  })
})
