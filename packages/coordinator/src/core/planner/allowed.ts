import type { Action, Forecast, Line, Run, Spent, Time } from '@drover/protocol'
import { RETRIES } from './forecast.ts'

/** What an action is judged by; without a run only reading for an open request is allowed. */
export type Held = { readonly run: Run | null; readonly forecast: Forecast | null; readonly tolerates: number; readonly now: Time }

/** `yes`: as approved; `retry`: again, within what was approved along; `compensation`: undoes our own (later surfaces); `ask`: a person decides. */
export type Allowance = 'yes' | 'retry' | 'compensation' | 'ask'

const NOTHING_SPENT: Spent = { sent: 0, done: 0, failed: 0 }

/** How many failures the cluster tolerated before the phase of the line, as forecast; null where the forecast lacks the action. */
type Found = { readonly lines: number; readonly before: number }

const findLines = (forecast: Forecast, action: Action): Found => {
  let lines = 0
  let before = Infinity
  let tolerated = 0
  for (const phase of forecast.phases) {
    const hits = phase.lines.filter((line: Line) => line.action.key === action.key)
    lines += hits.length
    if (hits.length > 0) before = Math.min(before, tolerated)
    tolerated = phase.lines.at(-1)?.tolerates ?? tolerated
  }
  return { lines, before }
}

/** Reading for a request that a person has just made changes nothing and needs no other approval. */
const servesRequest = (action: Action): boolean =>
  action.class === 'observe' && typeof action.params === 'object' && action.params !== null && 'request' in action.params

const byCount = ({ sent }: Spent, lines: number, retries: number): Allowance => {
  if (sent < lines) return 'yes'
  return sent < lines + retries ? 'retry' : 'ask'
}

const isOpen = (run: Run): boolean => run.state.kind === 'running' || run.state.kind === 'waiting'

const byApproval = (action: Action, run: Run, held: { readonly forecast: Forecast; readonly tolerates: number }): Allowance => {
  const { lines, before } = findLines(held.forecast, action)
  if (!isOpen(run) || lines === 0 || (action.change !== null && held.tolerates < before)) return 'ask'
  return byCount(run.spent[action.key] ?? NOTHING_SPENT, lines, held.forecast.ifItFails.retries)
}

/**
 * The one place that compares reality with the approval: asks for what the forecast does not hold, for what was sent more
 * often than forecast and retries allow, and for a change while the cluster tolerates less than was forecast.
 */
export const allowed = (action: Action, { run, forecast, tolerates }: Held): Allowance => {
  if (servesRequest(action)) return byCount(run?.spent[action.key] ?? NOTHING_SPENT, 1, RETRIES)
  return run === null || forecast === null ? 'ask' : byApproval(action, run, { forecast, tolerates })
}
