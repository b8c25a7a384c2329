import type { OrderReport } from '@drover/protocol'
import type { Orders } from '../resident/orders.ts'

/** The executor as the resident process sees it. */
export const createOrders = (_onReport: (report: OrderReport) => void): Orders => ({
  submit: async () => {
    throw new Error('no executor yet')
  },
  acknowledge: async () => undefined,
  pending: () => [],
  open: () => 0,
  start: async () => undefined,
  journalHead: async () => ({ count: 0, hash: null }),
  maxEpochSeen: async () => 0,
})
