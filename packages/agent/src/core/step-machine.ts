import type { ErrorCode, Json } from '@drover/protocol'
import type { JournalRecord, RecordType, Undone } from './journal-record.ts'

/** Why a step is being given up. */
export type Failure = { readonly code: ErrorCode; readonly message: string; readonly evidence: string }

/** Where an order's step stands by its journal; each state holds only what exists in it. */
export type StepState =
  | { readonly at: 'empty' }
  | { readonly at: 'received' }
  | { readonly at: 'checked'; readonly outcome: 'satisfied' | 'needed' | 'partial'; readonly before: Began | null }
  | { readonly at: 'checked'; readonly outcome: 'blocked'; readonly failure: Failure; readonly before: Began | null }
  | { readonly at: 'applying'; readonly began: Began }
  | { readonly at: 'applied'; readonly began: Began; readonly receipt: Json }
  | { readonly at: 'verified'; readonly result: Json }
  | { readonly at: 'undoing'; readonly began: Began | null; readonly failure: Failure }
  | { readonly at: 'undone'; readonly failure: Failure; readonly undone: Undone }
  | { readonly at: 'ended'; readonly end: End; readonly acknowledged: boolean }

/** What was true before the first change (never noted a second time), and how often the change was begun. */
export type Began = { readonly notes: Json; readonly times: number }
/** A record that ends an order. */
export type End = Extract<JournalRecord, { type: 'DONE' | 'FAILED' | 'REFUSED' }>

/** The next verb of a step. `check` is asked first after every restart: the host knows, the journal does not. */
export type Verb =
  | { readonly verb: 'check' }
  | { readonly verb: 'begin'; readonly notes: Json | null }
  | { readonly verb: 'apply'; readonly notes: Json }
  | { readonly verb: 'verify'; readonly receipt: Json }
  | { readonly verb: 'undo'; readonly notes: Json | null; readonly failure: Failure }
  | { readonly verb: 'finish'; readonly result: Json }
  | { readonly verb: 'give-up'; readonly failure: Failure; readonly undone: Undone }
  | { readonly verb: 'stop'; readonly end: End }

/** After so many begun changes in one attempt the step is undone instead of begun again. */
export const MOST_BEGINNINGS = 5

const beganOf = (state: StepState): Began | null => {
  if (state.at === 'checked') return state.before
  return state.at === 'applying' || state.at === 'applied' || state.at === 'undoing' ? state.began : null
}

const checked = (record: Extract<JournalRecord, { type: 'CHECKED' }>, before: Began | null): StepState =>
  record.outcome === 'blocked'
    ? { at: 'checked', outcome: 'blocked', failure: { code: record.code ?? 'step.tool', message: record.said, evidence: record.evidence ?? '' }, before }
    : { at: 'checked', outcome: record.outcome, before }

type Of<T extends RecordType> = Extract<JournalRecord, { type: T }>
type Advances = { readonly [T in RecordType]: (state: StepState, record: Of<T>) => StepState }

const ended = (_state: StepState, end: End): StepState => ({ at: 'ended', end, acknowledged: false })

/** The failure, and why it could not be undone where that failed too. */
const withUndo = (failure: Failure, why: string): Failure =>
  why === '' ? failure : { ...failure, message: `${failure.message}; the undo failed: ${why}` }

const ADVANCES: Advances = {
  RECEIVED: () => ({ at: 'received' }),
  FIRED: () => ({ at: 'received' }),
  CHECKED: (state, record) => checked(record, beganOf(state)),
  APPLYING: (state, { notes }) => {
    const before = beganOf(state)
    return { at: 'applying', began: before === null ? { notes, times: 1 } : { notes: before.notes, times: before.times + 1 } }
  },
  APPLIED: (state, { receipt }) => ({ at: 'applied', began: beganOf(state) ?? { notes: null, times: 1 }, receipt }),
  VERIFIED: (_state, { result }) => ({ at: 'verified', result }),
  UNDOING: (state, { code, message, evidence }) => ({ at: 'undoing', began: beganOf(state), failure: { code, message, evidence } }),
  UNDONE: (state, { undone, why }) => (state.at === 'undoing' ? { at: 'undone', failure: withUndo(state.failure, why), undone } : state),
  ACKED: (state) => (state.at === 'ended' ? { ...state, acknowledged: true } : state),
  DONE: ended,
  FAILED: ended,
  REFUSED: ended,
}

/** The state after one more record; a record that cannot follow leaves the state as it is. */
export const advance = (state: StepState, record: JournalRecord): StepState => {
  const next = ADVANCES[record.type] as (state: StepState, record: JournalRecord) => StepState
  return next(state, record)
}

/** The state that a journal's records say. */
export const stateOf = (records: readonly JournalRecord[]): StepState =>
  records.reduce<StepState>(advance, { at: 'empty' })

const tooOften = (began: Began): Failure => ({
  code: 'step.indeterminate',
  message: `begun ${String(began.times)} times and cut short each time`,
  evidence: '',
})

const blocked = (state: Extract<StepState, { at: 'checked'; outcome: 'blocked' }>): Verb => {
  const { failure } = state
  return state.before === null
    ? { verb: 'give-up', failure, undone: 'nothing-to-undo' }
    : { verb: 'undo', notes: state.before.notes, failure }
}

const afterCheck = (state: Extract<StepState, { at: 'checked' }>): Verb => {
  if (state.outcome === 'satisfied') return { verb: 'verify', receipt: null }
  const { before } = state
  if (state.outcome === 'blocked') return blocked(state)
  if (before === null) return { verb: 'begin', notes: null }
  return before.times < MOST_BEGINNINGS
    ? { verb: 'begin', notes: before.notes }
    : { verb: 'undo', notes: before.notes, failure: tooOften(before) }
}

type Middle = Extract<StepState, { at: 'checked' | 'applying' | 'applied' }>
const isMiddle = (state: StepState): state is Middle => ['checked', 'applying', 'applied'].includes(state.at)

/** The verb that follows what has just been written, where this process has done it itself. */
const following = (state: Middle): Verb => {
  if (state.at === 'checked') return afterCheck(state)
  return state.at === 'applying' ? { verb: 'apply', notes: state.began.notes } : { verb: 'verify', receipt: state.receipt }
}

/**
 * The next verb. `resumed`: the state was read from disk and nothing has been done since, so that what it says of the
 * host may no longer hold: everything but an end or an undo is asked of the host again.
 */
export const nextVerb = (state: StepState, resumed: boolean): Verb => {
  if (isMiddle(state)) return resumed ? { verb: 'check' } : following(state)
  switch (state.at) {
    case 'empty':
    case 'received':
      return { verb: 'check' }
    case 'verified':
      return { verb: 'finish', result: state.result }
    case 'undoing':
      return { verb: 'undo', notes: state.began === null ? null : state.began.notes, failure: state.failure }
    case 'undone':
      return { verb: 'give-up', failure: state.failure, undone: state.undone }
    case 'ended':
      return { verb: 'stop', end: state.end }
  }
}
