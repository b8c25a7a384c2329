import type { Run, RunState } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { canRetry, isActive, isOver, type RunEvent, startRun, transitionRun, whyAsk } from './run.ts'

const said = { code: 'run.asks.new', args: { kind: 'k3s.start', host: 'one' } } as const
const STATES: readonly RunState[] = [
  { kind: 'running' },
  { kind: 'waiting' },
  { kind: 'asking', said },
  { kind: 'failed', said },
  { kind: 'cancelled', by: 'anna' },
  { kind: 'superseded', by: 'run-2' },
  { kind: 'done' },
]
const inState = (state: RunState): Run => ({ ...startRun('run-1', 'hash'), state })
const after = (state: RunState, event: RunEvent): string => transitionRun(inState(state), event).state.kind
const all = (event: RunEvent): readonly string[] => STATES.map((state) => after(state, event))

describe('a run', () => {
  it('starts running', () => expect(startRun('run-1', 'hash')).toEqual({ id: 'run-1', forecast: 'hash', spent: {}, state: { kind: 'running' } }))

  it.each<[string, RunEvent, readonly string[]]>([
    ['something to do', { kind: 'planned', actions: 1, waits: 3, open: 0 }, ['running', 'running', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
    ['orders in flight', { kind: 'planned', actions: 0, waits: 1, open: 1 }, ['running', 'running', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
    ['waits only', { kind: 'planned', actions: 0, waits: 1, open: 0 }, ['waiting', 'waiting', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
    ['nothing left', { kind: 'planned', actions: 0, waits: 0, open: 0 }, ['done', 'done', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
    ['a question', { kind: 'asks', said }, ['asking', 'asking', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
    ['a fatal finding', { kind: 'fatal', said }, ['failed', 'failed', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
    ['a cancel', { kind: 'cancelled', by: 'anna' }, ['cancelled', 'cancelled', 'cancelled', 'cancelled', 'cancelled', 'superseded', 'done']],
    ['a newer approval', { kind: 'superseded', by: 'run-2' }, ['superseded', 'superseded', 'superseded', 'superseded', 'superseded', 'superseded', 'done']],
    ['a retry', { kind: 'retried' }, ['running', 'waiting', 'running', 'running', 'running', 'superseded', 'done']],
    ['a failure that may pass', { kind: 'order-failed', key: 'k', code: 'k3s.start', said }, ['running', 'waiting', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
    ['a failure that will not', { kind: 'order-failed', key: 'k', code: 'binary.hash', said }, ['asking', 'asking', 'asking', 'failed', 'cancelled', 'superseded', 'done']],
  ])('%s', (_what, event, kinds) => expect(all(event)).toEqual(kinds))

  it('counts what was sent and how it ended, also after a cancel', () => {
    const events: readonly RunEvent[] = [
      { kind: 'sent', key: 'k' },
      { kind: 'order-failed', key: 'k', code: 'step.tool', said },
      { kind: 'sent', key: 'k' },
      { kind: 'cancelled', by: 'anna' },
      { kind: 'order-done', key: 'k' },
    ]
    expect(events.reduce(transitionRun, startRun('run-1', 'hash')).spent).toEqual({ k: { sent: 2, done: 1, failed: 1 } })
  })

  it('forgets failures when it is retried, never what was done', () => {
    const spent = { a: { sent: 4, done: 0, failed: 4 }, b: { sent: 2, done: 1, failed: 1 }, c: { sent: 1, done: 1, failed: 0 }, d: { sent: 2, done: 0, failed: 0 } }
    const asking = { ...inState({ kind: 'asking', said }), spent }
    expect(transitionRun(asking, { kind: 'retried' }).spent).toEqual({
      a: { sent: 0, done: 0, failed: 0 },
      b: { sent: 1, done: 1, failed: 0 },
      c: { sent: 1, done: 1, failed: 0 },
      d: { sent: 0, done: 0, failed: 0 },
    })
  })

  it('says what it may still become', () => {
    expect(STATES.map((state) => [isActive({ state }), canRetry({ state }), isOver({ state })].map(Number).join(''))).toEqual([
      '100',
      '100',
      '010',
      '010',
      '010',
      '001',
      '001',
    ])
  })

  it('says why it asks', () => {
    const failed = { ...startRun('run-1', 'hash'), spent: { k: { sent: 4, done: 0, failed: 4 } } }
    expect(whyAsk(failed, { key: 'k', kind: 'k3s.start' }, 'one').args).toMatchObject({ host: 'one', failed: 4 })
    expect(whyAsk(failed, { key: 'other', kind: 'k3s.start' }, 'one')).toEqual(said)
  })
})
