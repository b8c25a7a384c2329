import { OrderIdSchema, type OrderReport } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { createReportOutbox } from './report-outbox.ts'

const id = { order: OrderIdSchema.parse('ord-aaaaaaaaaaaaaaaa'), attempt: 1 }
const done: OrderReport = { ...id, state: 'done', result: {}, recovered: false, elapsedMs: 5 }
const progress: OrderReport = { ...id, state: 'progress', phase: 'applying', detail: 'x', elapsedMs: 1 }
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const makeOutbox = () => {
  const acknowledged: OrderReport[] = []
  const sent: { report: OrderReport; ack: boolean; answer: PromiseWithResolvers<void> }[] = []
  const outbox = createReportOutbox({
    orders: {
      acknowledge: async (report) => void acknowledged.push(report),
      pending: () => (acknowledged.includes(done) ? [] : [done]),
    },
    send: (report, ack) => {
      const answer = Promise.withResolvers<void>()
      sent.push({ report, ack, answer })
      return answer.promise
    },
  })
  return { acknowledged, sent, outbox }
}

describe('createReportOutbox', () => {
  it('waits for an acknowledgement of an end, and of nothing else', async () => {
    const { acknowledged, sent, outbox } = makeOutbox()
    outbox.deliver(progress)
    outbox.deliver(done)
    expect(sent.map(({ report, ack }) => [report.state, ack])).toEqual([['progress', false], ['done', true]])
    for (const { answer } of sent) answer.resolve()
    await settled()
    expect(acknowledged).toEqual([done])
  })

  it('sends an end again with the next session, not twice in one', async () => {
    const { acknowledged, sent, outbox } = makeOutbox()
    outbox.deliver(done)
    outbox.resend()
    expect(sent.length).toBe(1)
    sent[0]?.answer.reject(new Error('session ended'))
    await settled()
    expect(acknowledged).toEqual([])
    outbox.resend()
    expect(sent.length).toBe(2)
    sent[1]?.answer.resolve()
    await settled()
    outbox.resend()
    expect(sent.length).toBe(2)
  })
})
