import type { ErrorCode, Json, OrderReport, Time } from '@drover/protocol'

type Working = 'checking' | 'applying' | 'verifying' | 'undoing'
type Undone = Extract<OrderReport, { state: 'failed' }>['undone']

/** Where an order stands; each state holds only what exists in it. Times are the coordinator's. */
export type OrderState =
  | { readonly kind: 'queued' }
  | { readonly kind: 'sent' | 'received'; readonly at: Time }
  | { readonly kind: Working; readonly at: Time; readonly detail: string; readonly elapsedMs: number }
  | { readonly kind: 'done'; readonly at: Time; readonly result: Json; readonly recovered: boolean; readonly elapsedMs: number }
  | {
      readonly kind: 'failed'
      readonly at: Time
      readonly code: ErrorCode
      readonly message: string
      readonly evidence: string
      readonly undone: Undone
      readonly elapsedMs: number
    }
  | { readonly kind: 'refused'; readonly at: Time; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'superseded'; readonly at: Time; readonly by: string }

/** What happens to an order; reports are the agent's own. */
export type OrderEvent =
  | { readonly kind: 'sent'; readonly at: Time }
  | { readonly kind: 'reported'; readonly at: Time; readonly report: OrderReport }
  | { readonly kind: 'superseded'; readonly at: Time; readonly by: string }

const ENDED: readonly OrderState['kind'][] = ['done', 'failed', 'refused', 'superseded']

/** True once it is final: the agent repeats its last report until it is acknowledged, and nothing changes by that. */
export const isEnded = (state: OrderState): boolean => ENDED.includes(state.kind)

/** True where the host may have begun with it, so that only the host can say how it ended. */
export const isBegun = (state: OrderState): boolean => state.kind !== 'queued' && state.kind !== 'sent' && !isEnded(state)

const reported = (state: OrderState, at: Time, report: OrderReport): OrderState => {
  switch (report.state) {
    case 'received':
      return isBegun(state) ? state : { kind: 'received', at }
    case 'progress':
      return { kind: report.phase, at, detail: report.detail, elapsedMs: report.elapsedMs }
    case 'done':
      return { kind: 'done', at, result: report.result, recovered: report.recovered, elapsedMs: report.elapsedMs }
    case 'failed': {
      const { code, message, evidence, undone, elapsedMs } = report
      return { kind: 'failed', at, code, message, evidence, undone, elapsedMs }
    }
    case 'refused':
      return { kind: 'refused', at, code: report.code, message: report.message }
  }
}

/** An order after an event. Only one that the host has not begun can be superseded; a step that runs ends by itself. */
export const transitionOrder = (state: OrderState, event: OrderEvent): OrderState => {
  if (isEnded(state)) return state
  switch (event.kind) {
    case 'sent':
      return isBegun(state) ? state : { kind: 'sent', at: event.at }
    case 'reported':
      return reported(state, event.at, event.report)
    case 'superseded':
      return isBegun(state) ? state : { kind: 'superseded', at: event.at, by: event.by }
  }
}
