import type { Action, Forecast, Run, Spent, StepParams, Time } from '@drover/protocol'
import { actionKey, isHeavy } from './action.ts'
import { RETRIES } from './forecast.ts'

/** What an action is judged by; without a run only reading for an open request is allowed. */
export type Held = { readonly run: Run | null; readonly forecast: Forecast | null; readonly tolerates: number; readonly now: Time }

/** `yes`: as approved; `retry`: again, within what was approved along; `compensation`: takes our own stuck learner out; `ask`: a person decides. */
export type Allowance = 'yes' | 'retry' | 'compensation' | 'ask'

const NOTHING_SPENT: Spent = { sent: 0, done: 0, failed: 0 }

/**
 * What is approved of an action: all of it, but for the server by which a host finds its cluster, which is one that votes when
 * the settings are written.
 */
const approvedKey = ({ key, kind, host, params }: Action): string => {
  if (kind !== 'k3s.config') return key
  const { config, ...rest } = params as StepParams<'k3s.config'>
  return actionKey(kind, host, { ...rest, config: Object.fromEntries(Object.entries(config).filter(([name]) => name !== 'server')) })
}

/** Of each action: how often the forecast holds it, and how many failures were tolerated before it. */
type Approved = ReadonlyMap<string, { readonly lines: number; readonly before: number }>

const readApproved = (forecast: Forecast | null): Approved => {
  const approved = new Map<string, { readonly lines: number; readonly before: number }>()
  let tolerated = 0
  for (const phase of forecast?.phases ?? []) {
    for (const { action } of phase.lines) {
      const { lines, before } = approved.get(approvedKey(action)) ?? { lines: 0, before: Infinity }
      approved.set(approvedKey(action), { lines: lines + 1, before: Math.min(before, tolerated) })
    }
    tolerated = phase.lines.at(-1)?.tolerates ?? tolerated
  }
  return approved
}

/** What reads for a request that a person has just made, or takes a snapshot for it, changes nothing that runs and needs no other approval. */
const servesRequest = (action: Action): boolean =>
  !isHeavy(action.class) && typeof action.params === 'object' && action.params !== null && 'request' in action.params

const byCount = ({ sent }: Spent, lines: number, retries: number): Allowance => {
  if (sent < lines) return 'yes'
  return sent < lines + retries ? 'retry' : 'ask'
}

const isOpen = (run: Run | null): boolean => run?.state.kind === 'running' || run?.state.kind === 'waiting'

/** A learner that our own run has brought in, and that is stuck, may be taken out again. */
const isCompensation = ({ kind, params }: Action, forecast: Forecast | null): boolean =>
  kind === 'etcd.remove' && (params as { readonly only?: unknown }).only === 'learner' && forecast?.ifItFails.removesLearner === true

const judge = (action: Action, held: Held, approved: Approved): Allowance => {
  const used = held.run?.spent[action.key] ?? NOTHING_SPENT
  if (servesRequest(action)) return byCount(used, 1, RETRIES)
  if (!isOpen(held.run)) return 'ask'
  const found = approved.get(approvedKey(action))
  return found === undefined ? unforeseen(action, held.forecast, used) : foreseen(action, held, { ...found, used })
}

const unforeseen = (action: Action, forecast: Forecast | null, used: Spent): Allowance =>
  isCompensation(action, forecast) && used.sent < RETRIES ? 'compensation' : 'ask'

type Foreseen = { readonly before: number; readonly lines: number; readonly used: Spent }

const foreseen = (action: Action, { forecast, tolerates }: Held, { before, lines, used }: Foreseen): Allowance =>
  action.change !== null && tolerates < before ? 'ask' : byCount(used, lines, forecast?.ifItFails.retries ?? 0)

/**
 * The one place that compares reality with the approval: asks for what the forecast does not hold, for what was sent more
 * often than forecast and retries allow, and for a change while the cluster tolerates less than was forecast.
 */
export const allowed = (action: Action, held: Held): Allowance => judge(action, held, readApproved(held.forecast))

/** How many failures were tolerated, by the forecast, before an action; null where the forecast does not hold it. */
export const toleratedBefore = (action: Action, forecast: Forecast): number | null => readApproved(forecast).get(approvedKey(action))?.before ?? null

/** The same for all actions of a plan; the forecast is read once. */
export const judgeAll = (actions: readonly Action[], held: Held): readonly { readonly action: Action; readonly verdict: Allowance }[] => {
  const approved = readApproved(held.forecast)
  return actions.map((action) => ({ action, verdict: judge(action, held, approved) }))
}
