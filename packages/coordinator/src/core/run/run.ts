import { type ActionKey, ERRORS, type ErrorCode, type Run, type RunState, type Said, type Spent, say } from '@drover/protocol'

/** What happens to a run. */
export type RunEvent =
  /** A round of planning: how much there is to do, to wait for and in flight. */
  | { readonly kind: 'planned'; readonly actions: number; readonly waits: number; readonly open: number }
  | { readonly kind: 'sent'; readonly key: ActionKey }
  | { readonly kind: 'order-done'; readonly key: ActionKey }
  | { readonly kind: 'order-failed'; readonly key: ActionKey; readonly code: ErrorCode; readonly said: Said }
  | { readonly kind: 'asks'; readonly said: Said }
  | { readonly kind: 'fatal'; readonly said: Said }
  | { readonly kind: 'cancelled'; readonly by: string }
  | { readonly kind: 'superseded'; readonly by: string }
  | { readonly kind: 'retried' }

/** A run that has just been approved. */
export const startRun = (id: string, forecast: string): Run => ({ id, forecast, spent: {}, state: { kind: 'running' } })

/** True while the loop may send orders for it. */
export const isActive = ({ state }: Pick<Run, 'state'>): boolean => state.kind === 'running' || state.kind === 'waiting'

/** True once nothing can bring it back: done, or superseded by a newer approval. */
export const isOver = ({ state }: Pick<Run, 'state'>): boolean => state.kind === 'done' || state.kind === 'superseded'

/** True where `retry` goes on with it: after a cancel, while it asks, or when it failed. */
export const canRetry = (run: Pick<Run, 'state'>): boolean => !isActive(run) && !isOver(run)

const NOTHING: Spent = { sent: 0, done: 0, failed: 0 }

const spend = (run: Run, key: ActionKey, what: keyof Spent): Run => {
  const spent = run.spent[key] ?? NOTHING
  return { ...run, spent: { ...run.spent, [key]: { ...spent, [what]: spent[what] + 1 } } }
}

const withState = (run: Run, state: RunState): Run => ({ ...run, state })

const planned = (run: Run, counts: { readonly actions: number; readonly waits: number; readonly open: number }): Run => {
  if (!isActive(run)) return run
  if (counts.actions + counts.open > 0) return withState(run, { kind: 'running' })
  return withState(run, { kind: counts.waits > 0 ? 'waiting' : 'done' })
}

/** What cannot get better by itself is not tried again before a person has looked at it. */
const failed = (run: Run, event: Extract<RunEvent, { kind: 'order-failed' }>): Run => {
  const next = spend(run, event.key, 'failed')
  return isActive(run) && !ERRORS[event.code].retryable ? withState(next, { kind: 'asking', said: event.said }) : next
}

const stopped = (run: Run, state: RunState): Run => (isActive(run) ? withState(run, state) : run)

/** That something was done is remembered; what failed, was taken back before it was sent, or had to be repeated is not held against it. */
const retried = (run: Run): Run => {
  const spent = Object.entries(run.spent).map(([key, { done }]) => [key, { sent: Math.min(done, 1), done, failed: 0 }] as const)
  return { ...run, spent: Object.fromEntries(spent), state: { kind: 'running' } }
}

type Handlers = { readonly [K in RunEvent['kind']]: (run: Run, event: Extract<RunEvent, { kind: K }>) => Run }

const ended = (run: Run, event: { readonly kind: 'cancelled' | 'superseded'; readonly by: string }): Run =>
  isOver(run) ? run : withState(run, { kind: event.kind, by: event.by })

const HANDLERS: Handlers = {
  planned,
  sent: (run, { key }) => spend(run, key, 'sent'),
  'order-done': (run, { key }) => spend(run, key, 'done'),
  'order-failed': failed,
  asks: (run, { said }) => stopped(run, { kind: 'asking', said }),
  fatal: (run, { said }) => stopped(run, { kind: 'failed', said }),
  cancelled: ended,
  superseded: ended,
  retried: (run) => (canRetry(run) ? retried(run) : run),
}

/** A run after an event; one that cannot happen in its state changes nothing. Orders that end after a cancel are still counted. */
export const transitionRun = (run: Run, event: RunEvent): Run => (HANDLERS[event.kind] as (run: Run, event: RunEvent) => Run)(run, event)

/** Why an action waits for a person: it failed or had to be repeated too often, or the forecast does not hold it. */
export const whyAsk = (run: Run, action: { readonly key: ActionKey; readonly kind: string }, host: string): Said => {
  const { failed: lost, done } = run.spent[action.key] ?? NOTHING
  if (lost > 0) return say('run.asks.again', { kind: action.kind, host, failed: lost, message: 'as often as was approved' })
  return done > 0 ? say('run.asks.undone', { kind: action.kind, host, done }) : say('run.asks.new', { kind: action.kind, host })
}
