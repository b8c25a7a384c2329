import { describe, expect, it } from 'vitest'
import type { JournalRecord } from './journal-record.ts'
import { MOST_BEGINNINGS, nextVerb, stateOf } from './step-machine.ts'

const RECEIVED: JournalRecord = { type: 'RECEIVED', order: 'a', signature: 'b', at: 1 }
const needed: JournalRecord = { type: 'CHECKED', outcome: 'needed', said: '' }
const satisfied: JournalRecord = { type: 'CHECKED', outcome: 'satisfied', said: '' }
const blocked: JournalRecord = { type: 'CHECKED', outcome: 'blocked', said: 'no', code: 'k3s.port', evidence: 'e' }
const applying = (notes: string): JournalRecord => ({ type: 'APPLYING', notes })
const APPLIED: JournalRecord = { type: 'APPLIED', receipt: 'r' }
const failure = { code: 'step.tool', message: 'm', evidence: 'e' } as const
const UNDOING: JournalRecord = { type: 'UNDOING', ...failure }

type Case = { readonly records: readonly JournalRecord[]; readonly fresh: object; readonly resumed: object }
const check = { verb: 'check' }
const same = (verb: object): Pick<Case, 'fresh' | 'resumed'> => ({ fresh: verb, resumed: verb })

const CASES: Readonly<Record<string, Case>> = {
  'nothing': { records: [], ...same(check) },
  'an order': { records: [RECEIVED], ...same(check) },
  'needed': { records: [RECEIVED, needed], fresh: { verb: 'begin', notes: null }, resumed: check },
  'satisfied at once': { records: [RECEIVED, satisfied], fresh: { verb: 'verify', receipt: null }, resumed: check },
  'blocked at once': {
    records: [RECEIVED, blocked],
    fresh: { verb: 'give-up', failure: { code: 'k3s.port', message: 'no', evidence: 'e' }, undone: 'nothing-to-undo' },
    resumed: check,
  },
  'begun': { records: [RECEIVED, needed, applying('n')], fresh: { verb: 'apply', notes: 'n' }, resumed: check },
  'begun, cut short, needed': { records: [RECEIVED, needed, applying('n'), needed], fresh: { verb: 'begin', notes: 'n' }, resumed: check },
  'begun, cut short, satisfied': { records: [RECEIVED, needed, applying('n'), satisfied], fresh: { verb: 'verify', receipt: null }, resumed: check },
  'begun, cut short, blocked': {
    records: [RECEIVED, needed, applying('n'), blocked],
    fresh: { verb: 'undo', notes: 'n', failure: { code: 'k3s.port', message: 'no', evidence: 'e' } },
    resumed: check,
  },
  'begun again: the first notes hold': { records: [RECEIVED, needed, applying('first'), needed, applying('later')], fresh: { verb: 'apply', notes: 'first' }, resumed: check },
  'applied': { records: [RECEIVED, needed, applying('n'), APPLIED], fresh: { verb: 'verify', receipt: 'r' }, resumed: check },
  'applied without a beginning': { records: [RECEIVED, APPLIED], fresh: { verb: 'verify', receipt: 'r' }, resumed: check },
  'verified': { records: [RECEIVED, { type: 'VERIFIED', result: 7 }], ...same({ verb: 'finish', result: 7 }) },
  'undoing': { records: [RECEIVED, needed, applying('n'), UNDOING], ...same({ verb: 'undo', notes: 'n', failure }) },
  'undoing what was not begun': { records: [RECEIVED, UNDOING], ...same({ verb: 'undo', notes: null, failure }) },
  'undone': { records: [RECEIVED, UNDOING, { type: 'UNDONE', undone: 'undone', why: '' }], ...same({ verb: 'give-up', failure, undone: 'undone' }) },
  'not undone': {
    records: [RECEIVED, UNDOING, { type: 'UNDONE', undone: 'undo-failed', why: 'w' }],
    ...same({ verb: 'give-up', failure: { ...failure, message: 'm; the undo failed: w' }, undone: 'undo-failed' }),
  },
  'undone without an undo is no state': { records: [RECEIVED, { type: 'UNDONE', undone: 'undone', why: '' }], ...same(check) },
}

describe('the verb after', () => {
  it.each(Object.entries(CASES))('%s', (_name, { records, fresh, resumed }) => {
    expect(nextVerb(stateOf(records), false)).toEqual(fresh)
    expect(nextVerb(stateOf(records), true)).toEqual(resumed)
  })

  it('an end is none, acknowledged or not', () => {
    const end: JournalRecord = { type: 'REFUSED', code: 'order.veto', message: 'm' }
    expect(nextVerb(stateOf([RECEIVED, end]), true)).toEqual({ verb: 'stop', end })
    expect(stateOf([RECEIVED, end, { type: 'ACKED' }])).toEqual({ at: 'ended', end, acknowledged: true })
    expect(stateOf([RECEIVED, { type: 'ACKED' }])).toEqual({ at: 'received' })
  })

  it('too many beginnings is an undo', () => {
    const often = Array.from({ length: MOST_BEGINNINGS }, () => [applying('n'), needed]).flat()
    expect(nextVerb(stateOf([RECEIVED, needed, ...often]), false)).toMatchObject({ verb: 'undo', notes: 'n', failure: { code: 'step.indeterminate' } })
  })

  it('a block without a code of an older record still ends the step', () => {
    const old: JournalRecord = { type: 'CHECKED', outcome: 'blocked', said: 'no' }
    expect(nextVerb(stateOf([RECEIVED, old]), false)).toMatchObject({ verb: 'give-up', failure: { code: 'step.tool', evidence: '' } })
  })
})
