import { describe, expect, it } from 'vitest'
import { MOST_TRIES, type Retry, retryOf, type Waiting } from './retry.ts'

const AT = Date.parse('2026-11-21T12:00:00Z')
const MINUTE = 60_000
const ask = (attempts: number, waiting: Waiting | null, now: number): Retry => retryOf({ at: AT, tried: { attempts, failed: true }, waiting, now })

/** Minutes from the sight of a failure until it is tried again. */
const pauseAfter = (attempts: number): number => {
  const waiting = { at: AT, attempts, since: AT }
  for (let minute = 0; minute < 1000; minute += 1) if (ask(attempts, waiting, AT + minute * MINUTE).is === 'due') return minute
  return Infinity
}

describe('retryOf', () => {
  it('tries again after 1, 5 and 15 minutes, then every hour, twelve times in all', () => {
    expect(Array.from({ length: 6 }, (_, index) => pauseAfter(index + 1))).toEqual([1, 5, 15, 60, 60, 60])
    expect([pauseAfter(MOST_TRIES - 1), ask(MOST_TRIES, null, AT)]).toEqual([60, { is: 'none' }])
  })

  it('leaves alone what was never tried, goes on, was done or was forbidden', () => {
    expect(retryOf({ at: AT, tried: null, waiting: null, now: AT })).toEqual({ is: 'none' })
    expect(retryOf({ at: AT, tried: { attempts: 1, failed: false }, waiting: { at: AT, attempts: 1, since: 0 }, now: AT })).toEqual({ is: 'none' })
  })

  it('waits anew after a restart, of which only the number of tries is known', () => {
    expect(ask(2, null, AT + 30 * MINUTE)).toEqual({ is: 'wait', waiting: { at: AT, attempts: 2, since: AT + 30 * MINUTE } })
  })

  it.each([
    ['another try', { at: AT, attempts: 1, since: AT - 90 * MINUTE }],
    ['another planned time', { at: AT - 1, attempts: 2, since: AT - 90 * MINUTE }],
    ['a clock that was ahead', { at: AT, attempts: 2, since: AT + 1 }],
  ])('takes no pause of %s for this one', (_name, waiting) => {
    expect(ask(2, waiting, AT)).toEqual({ is: 'wait', waiting: { at: AT, attempts: 2, since: AT } })
  })

  it('tries once where the clock jumps ahead: the next pause begins with the next failure', () => {
    expect(ask(1, { at: AT, attempts: 1, since: AT }, AT * 2)).toEqual({ is: 'due' })
    expect(ask(2, { at: AT, attempts: 1, since: AT }, AT * 2)).toMatchObject({ is: 'wait' })
  })
})
