import type { Action, Forecast, Line, Run, Spent, Time } from '@drover/protocol'

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

/**
 * The one place that compares reality with the approval: asks for what the forecast does not hold, for what was sent more
 * often than forecast and retries allow, and for a change while the cluster tolerates less than was forecast.
 */
export const allowed = (action: Action, { run, forecast, tolerates }: Held): Allowance => {
  const used = run?.spent[action.key] ?? NOTHING_SPENT
  if (servesRequest(action)) return byCount(used, 1, forecast?.ifItFails.retries ?? 0)
  if (run === null || forecast === null || (run.state.kind !== 'running' && run.state.kind !== 'waiting')) return 'ask'
  const { lines, before } = findLines(forecast, action)
  if (lines === 0 || (action.change !== null && tolerates < before)) return 'ask'
  return byCount(used, lines, forecast.ifItFails.retries)
}
