import type { OrderReport } from '@drover/protocol'
import type { Orders } from './orders.ts'

/** What an outbox needs; `send` with `ack` resolves when the coordinator has stored the report, and rejects where the session ends before. */
export type ReportOutboxOptions = {
  readonly orders: Pick<Orders, 'acknowledge' | 'pending'>
  readonly send: (report: OrderReport, ack: boolean) => Promise<void>
}

/** Reports of orders on their way: ends are sent until they are acknowledged, the rest once. */
export type ReportOutbox = {
  readonly deliver: (report: OrderReport) => void
  /** Sends every unacknowledged end again: when a session opened. */
  readonly resend: () => void
}

/** An outbox over the journal: what is pending is read from there, so nothing is lost with this process. */
export const createReportOutbox = ({ orders, send }: ReportOutboxOptions): ReportOutbox => {
  const inFlight = new Set<string>()
  const deliver = (report: OrderReport): void => {
    const isEnd = report.state === 'done' || report.state === 'failed' || report.state === 'refused'
    const key = `${report.order} ${String(report.attempt)}`
    if (isEnd && inFlight.has(key)) return
    if (isEnd) inFlight.add(key)
    const sent = send(report, isEnd).then(() => (isEnd ? orders.acknowledge(report) : undefined))
    // What was not taken over is sent again by the next session.
    sent.catch(() => undefined).finally(() => inFlight.delete(key)).catch(() => undefined)
  }
  return {
    deliver,
    resend: () => {
      for (const report of orders.pending()) deliver(report)
    },
  }
}
