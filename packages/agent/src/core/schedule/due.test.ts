import { type Schedule, wallClockOf } from '@drover/protocol'
import { schedule as cronTask, validate } from 'node-cron'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { due, type DueInput } from './due.ts'
import { jitterOf } from './jitter.ts'

const at = (text: string): number => Date.parse(`2026-11-${text}:00Z`)
const SIX: Schedule = { name: 'six', cron: '0 */6 * * *', timeZone: 'UTC', jitterS: 0, kind: 'snapshot.take', params: { datastore: 'sqlite' }, keep: 8 }
const BASE: DueInput = { schedules: [SIX], since: at('20T00:30'), fired: {}, now: at('21T13:00'), host: 'h-aaaaaaaaaaaaaaaa', clockOf: wallClockOf }
const six = (change: Partial<Schedule>): readonly Schedule[] => [{ ...SIX, ...change }]

afterEach(() => {
  vi.useRealTimers()
})

describe('due', () => {
  it('waits for the first planned time after it was ordered', () => {
    expect(due({ ...BASE, since: at('21T12:30') })).toEqual({ fire: [], pass: {}, nextAt: at('21T18:00') })
  })

  it('fires what is planned, and not again', () => {
    expect(due({ ...BASE, fired: { six: at('21T06:00') }, now: at('21T12:00') })).toEqual({ fire: [{ name: 'six', at: at('21T12:00') }], pass: {}, nextAt: at('21T18:00') })
    expect(due({ ...BASE, fired: { six: at('21T12:00') } })).toEqual({ fire: [], pass: {}, nextAt: at('21T18:00') })
  })

  it('catches up once, however many were missed', () => {
    expect(due(BASE).fire).toEqual([{ name: 'six', at: at('21T12:00') }])
    expect(due({ ...BASE, fired: { six: at('01T06:00') }, since: at('01T00:00') }).fire).toHaveLength(1)
  })

  it('fires nothing twice when the clock goes back, and goes on where it had been', () => {
    const back = { ...BASE, fired: { six: at('21T12:00') }, now: at('21T05:00') }
    expect(due(back)).toEqual({ fire: [], pass: {}, nextAt: at('21T18:00') })
    expect(due({ ...back, now: at('21T11:00') }).fire).toEqual([])
    expect(due({ ...back, now: at('21T18:00') }).fire).toEqual([{ name: 'six', at: at('21T18:00') }])
  })

  it('fires later where its host has a place of its own, under the planned time', () => {
    const later = { ...BASE, schedules: six({ offsetS: 600 }), fired: { six: at('21T06:00') } }
    expect(due({ ...later, now: at('21T12:09') })).toEqual({ fire: [], pass: {}, nextAt: at('21T12:10') })
    expect(due({ ...later, now: at('21T12:10') })).toEqual({ fire: [{ name: 'six', at: at('21T12:00') }], pass: {}, nextAt: at('21T18:10') })
  })

  it('goes on from now where the clock had been days ahead', () => {
    const ahead = { ...BASE, fired: { six: Date.parse('2038-01-19T00:00:00Z') } }
    expect(due(ahead)).toEqual({ fire: [], pass: { six: BASE.now }, nextAt: at('21T18:00') })
    expect(due({ ...ahead, fired: { six: BASE.now }, now: at('21T18:00') }).fire).toEqual([{ name: 'six', at: at('21T18:00') }])
  })

  it('waits for a clock that is not set yet', () => {
    expect(due({ ...BASE, now: 86_400_000 })).toEqual({ fire: [], pass: {}, nextAt: BASE.since })
  })

  it('delays by host and planned time, and fires a missed time whose successor still waits', () => {
    const schedules = six({ cron: '* * * * *', jitterS: 300 })
    const answers = Array.from({ length: 600 }, (_, second) => due({ ...BASE, schedules, fired: { six: at('21T12:50') }, now: at('21T13:00') + second * 1000 }))
    for (const [second, { fire, nextAt }] of answers.entries()) {
      const now = at('21T13:00') + second * 1000
      for (const one of fire) expect(one.at + jitterOf({ host: BASE.host, name: 'six', at: one.at }, 300)).toBeLessThanOrEqual(now)
      expect(nextAt).toBeGreaterThan(now)
    }
    expect(new Set(answers.flatMap(({ fire }) => fire.map((one) => one.at))).size).toBeGreaterThan(3)
  })

  it('takes an hour that clocks skip or repeat once', () => {
    const night = { ...BASE, schedules: six({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }), since: 0 }
    const spring = { ...night, fired: { six: Date.parse('2026-03-28T01:30:00Z') }, now: Date.parse('2026-03-29T12:00:00Z') }
    expect(due(spring)).toMatchObject({ fire: [{ at: Date.parse('2026-03-29T01:30:00Z') }], nextAt: Date.parse('2026-03-30T00:30:00Z') })
    const autumn = { ...night, fired: { six: Date.parse('2026-10-25T00:30:00Z') }, now: Date.parse('2026-10-25T01:45:00Z') }
    expect(due(autumn)).toMatchObject({ fire: [], nextAt: Date.parse('2026-10-26T01:30:00Z') })
  })

  it('never fires what nobody can plan', () => {
    expect(due({ ...BASE, schedules: six({ timeZone: 'Europe/Nowhere' }) })).toEqual({ fire: [], pass: {}, nextAt: null })
    expect(due({ ...BASE, schedules: six({ cron: 'never' }) })).toEqual({ fire: [], pass: {}, nextAt: null })
    expect(due({ ...BASE, schedules: six({ cron: '0 0 30 2 *' }) })).toEqual({ fire: [], pass: {}, nextAt: null })
    expect(due({ ...BASE, since: at('29T00:00'), schedules: six({ cron: '0 0 30 2 *' }) }).nextAt).toBe(at('29T00:00'))
    expect(due({ ...BASE, fired: { six: at('29T00:00') }, schedules: six({ cron: '0 0 30 2 *' }) }).nextAt).toBeNull()
    expect(due({ ...BASE, schedules: [] }).nextAt).toBeNull()
  })

  it.each(['0 */6 * * *', '*/7 3-5 * * *', '15 4 1,15 * *', '30 22 * * 1-5', '59 23 31 12 *', '0 0 29 2 *', '1 1 * * 7'])('asks again when node-cron would run %s', (cron) => {
    expect(validate(cron)).toBe(true)
    for (const now of [at('21T13:00'), at('22T00:00') - 1000, Date.parse('2027-02-28T23:59:30Z')]) {
      vi.useFakeTimers({ now })
      const task = cronTask(cron, () => undefined, { timezone: 'UTC' })
      expect(due({ ...BASE, schedules: six({ cron }), fired: { six: now }, now }).nextAt).toBe(task.getNextRun()?.getTime())
      void task.destroy()
      vi.useRealTimers()
    }
  })
})
