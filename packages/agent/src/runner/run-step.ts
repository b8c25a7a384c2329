import { setTimeout as wait } from 'node:timers/promises'
import { DroverError, type Json, type StepKind, STEPS, type TypedOrder } from '@drover/protocol'
import type { AgentSettings } from '../core/agent-settings.ts'
import type { JournalRecord, Undone } from '../core/journal-record.ts'
import type { Denial } from '../core/policy.ts'
import { scrub } from '../core/scrub.ts'
import { advance, type End, type Failure, nextVerb, stateOf, type StepState, type Verb } from '../core/step-machine.ts'
import type { HostWriter } from '../host/host.ts'
import { wrapChanges } from '../host/wrap.ts'
import type { StepContext, StepModule } from '../steps/step.ts'
import type { Journal } from './journal.ts'

/** What a step tells while it runs. */
export type Progress = { readonly phase: 'checking' | 'applying' | 'verifying' | 'undoing'; readonly detail: string; readonly elapsedMs: number }

/** A module of any kind, as the runner sees it. */
export type AnyModule = StepModule<StepKind>

/** The time of a step: milliseconds of a clock that never goes back, and a signal that ends after so many. */
export type StepClock = { readonly monotonic: () => number; readonly timeout: (ms: number) => AbortSignal }

const STEP_CLOCK: StepClock = { monotonic: () => performance.now(), timeout: (ms) => AbortSignal.timeout(ms) }

/** All that running one step needs; another time than the machine's only in tests. */
export type RunStepOptions = StepParts & { readonly clock?: StepClock }

type StepParts = {
  readonly order: TypedOrder
  readonly module: AnyModule
  /** The host, whose pauses and downloads end with the signal: one for the step, another for its undo. */
  readonly host: (signal: AbortSignal) => HostWriter
  readonly journal: Journal
  /** Reads policy and VETO anew: why nothing may be changed now, or null. */
  readonly denial: () => Promise<Denial | null>
  readonly secrets: () => Promise<Readonly<Record<string, string>>>
  readonly settings: AgentSettings
  readonly progress: (progress: Progress) => void
}

/** An undo may take as long as this, in ms. */
export const UNDO_TIME = 120_000

type Running = {
  readonly options: RunStepOptions
  readonly clock: StepClock
  readonly context: StepContext<StepKind>
  readonly startedAt: number
  readonly recovered: boolean
  phase: Progress['phase']
  said: string
}

/** Carries an order's step out (or on, where the journal has begun) and returns the record that ends it. */
export const runStep = async (options: RunStepOptions): Promise<End> => {
  const { journal } = options
  let state: StepState = stateOf(journal.records())
  let resumed = state.at !== 'empty' && state.at !== 'received'
  const running = await begin(options, resumed)
  for (;;) {
    const verb = nextVerb(state, resumed)
    resumed = false
    if (verb.verb === 'stop') return verb.end
    const record = await perform(running, verb, state)
    journal.append(record)
    state = advance(state, record)
  }
}

const begin = async (options: RunStepOptions, recovered: boolean): Promise<Running> => {
  const { order, clock = STEP_CLOCK } = options
  const startedAt = clock.monotonic()
  const running: Running = {
    options,
    clock,
    startedAt,
    recovered,
    phase: 'checking',
    said: '',
    context: {
      order,
      params: order.params,
      secrets: {},
      settings: options.settings,
      say: (detail) => tell(running, detail),
      signal: clock.timeout(STEPS[order.kind].timeout),
      elapsed: () => clock.monotonic() - startedAt,
    } as StepContext<StepKind>,
  }
  return running
}

const tell = (running: Running, detail: string): void => {
  running.said = detail
  const { phase, options } = running
  options.progress({ phase, detail: masked(running, detail, 2000), elapsedMs: elapsedOf(running) })
}

const elapsedOf = ({ clock, startedAt }: Running): number => Math.max(0, Math.round(clock.monotonic() - startedAt))

const masked = (running: Running, text: string, limit: number): string => scrub(text, Object.values(running.context.secrets)).slice(0, limit)

const failureOf = (running: Running, error: unknown): Failure => {
  const message = error instanceof Error ? error.message : String(error)
  const known = error instanceof DroverError ? error : null
  const evidence = known?.evidence ?? (error instanceof Error ? (error.stack ?? '') : '')
  const full = /^(?:ENOSPC|EDQUOT)/.test(message)
  const code = known?.code ?? (full ? 'step.space' : 'step.tool')
  return { code, message: masked(running, message, 2000), evidence: masked(running, evidence, 8000) }
}

const perform = async (running: Running, verb: Exclude<Verb, { verb: 'stop' }>, state: StepState): Promise<JournalRecord> => {
  const elapsedMs = elapsedOf(running)
  switch (verb.verb) {
    case 'finish':
      return { type: 'DONE', result: verb.result, recovered: running.recovered, elapsedMs }
    case 'give-up':
      return { type: 'FAILED', ...verb.failure, undone: verb.undone, elapsedMs }
    case 'undo':
      return state.at === 'undoing' ? { type: 'UNDONE', ...(await undo(running, verb.notes)) } : { type: 'UNDOING', ...verb.failure }
    case 'check':
    case 'begin':
    case 'apply':
    case 'verify':
      return forward(running, verb).catch((error: unknown) => giveUp(running, failureOf(running, error), state))
  }
}

/** A failure before the first change ends the step; after it the host is put back first. */
const giveUp = (running: Running, failure: Failure, state: StepState): JournalRecord => {
  const begun = state.at === 'applying' || state.at === 'applied' || (state.at === 'checked' && state.before !== null)
  if (begun) return { type: 'UNDOING', ...failure }
  return { type: 'FAILED', ...failure, undone: 'nothing-to-undo', elapsedMs: elapsedOf(running) }
}

type Forward = Extract<Verb, { verb: 'check' | 'begin' | 'apply' | 'verify' }>

const forward = async (running: Running, verb: Forward): Promise<JournalRecord> => {
  const { module } = running.options
  if (verb.verb === 'check') return inTime(running, 'checking', () => check(running))
  if (verb.verb === 'verify') {
    const result = await inTime(running, 'verifying', (host, context) => module.verify(host, context, verb.receipt))
    return { type: 'VERIFIED', result: result as Json }
  }
  await loadSecrets(running)
  if (verb.verb === 'apply') {
    return { type: 'APPLIED', receipt: await inTime(running, 'applying', (host, context) => module.apply(host, context, verb.notes)) }
  }
  const notes = verb.notes ?? (await inTime(running, 'applying', (host, context) => module.note(host, context)))
  return { type: 'APPLYING', notes }
}

const check = async (running: Running): Promise<JournalRecord> => {
  await loadSecrets(running)
  const answer = await running.options.module.check(running.options.host(running.context.signal), running.context)
  const said = masked(running, answer.said, 2000)
  if (answer.is !== 'blocked') return { type: 'CHECKED', outcome: answer.is, said }
  return { type: 'CHECKED', outcome: 'blocked', said, code: answer.code, evidence: masked(running, answer.evidence ?? '', 8000) }
}

const loadSecrets = async (running: Running): Promise<void> => {
  if (Object.keys(running.context.secrets).length > 0) return
  Object.assign(running.context.secrets, await running.options.secrets())
}

/** The host, whose every change asks the policy and the time first. */
const guarded = (running: Running, signal: AbortSignal): HostWriter =>
  wrapChanges(running.options.host(signal), async (_name, _what, go) => {
    if (signal.aborted) throw timeout(running)
    const denial = await running.options.denial()
    if (denial !== null) throw new DroverError(denial.code, denial.message)
    return go()
  })

const timeout = (running: Running): DroverError => new DroverError('step.timeout', `not done in time; last: ${running.said}`)

/** Runs one verb, at most until the step's time is over; a verb that does not notice gets ten more seconds to settle. */
const inTime = async <T>(running: Running, phase: Progress['phase'], verb: (host: HostWriter, context: StepContext<StepKind>) => Promise<T>): Promise<T> => {
  const { signal } = running.context
  running.phase = phase
  const over = Promise.withResolvers<never>()
  const end = (): void => over.reject(timeout(running))
  if (signal.aborted) throw timeout(running)
  signal.addEventListener('abort', end, { once: true })
  const work = verb(guarded(running, signal), running.context)
  try {
    return await Promise.race([work, over.promise])
  } catch (error) {
    if (isOver(signal)) await settled(work, 10_000)
    throw error
  } finally {
    signal.removeEventListener('abort', end)
    over.promise.catch(() => undefined)
  }
}

const isOver = (signal: AbortSignal): boolean => signal.aborted

const settled = async (work: Promise<unknown>, ms: number): Promise<void> => {
  const timer = new AbortController()
  const limit = wait(ms, undefined, { signal: timer.signal }).catch(() => undefined)
  await Promise.race([work.catch(() => undefined), limit])
  timer.abort()
}

const undo = async (running: Running, notes: Json | null): Promise<{ undone: Undone; why: string }> => {
  const { module } = running.options
  if (module.undo === 'irreversible' || module.undo === 'nothing-to-undo') return { undone: module.undo, why: '' }
  if (notes === null) return { undone: 'nothing-to-undo', why: '' }
  const later: Running = { ...running, phase: 'undoing', context: { ...running.context, signal: running.clock.timeout(UNDO_TIME) } }
  const { undo: putBack } = module
  try {
    await inTime(later, 'undoing', (host, context) => putBack(host, context, notes))
    return { undone: 'undone', why: '' }
  } catch (error) {
    return { undone: 'undo-failed', why: failureOf(later, error).message }
  }
}
