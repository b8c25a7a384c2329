import { describe, expect, it } from 'vitest'
import { parseCron } from './cron.ts'

describe('parseCron', () => {
  it('reads numbers, ranges, lists and steps', () => {
    expect(parseCron('5,50-52 */6 * 1,3 1-5')).toEqual({
      minutes: [5, 50, 51, 52],
      hours: [0, 6, 12, 18],
      days: Array.from({ length: 31 }, (_, index) => index + 1),
      months: [1, 3],
      weekdays: [1, 2, 3, 4, 5],
      anyDay: true,
      anyWeekday: false,
    })
    expect(parseCron('10-30/10 0 1 * *')?.minutes).toEqual([10, 20, 30])
  })

  it('takes 7 for Sunday', () => {
    expect(parseCron('0 0 * * 7')?.weekdays).toEqual([0])
    expect(parseCron('0 0 * * 0,7')?.weekdays).toEqual([0])
  })

  it.each(['', '* * * *', '* * * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8', '5-1 * * * *', '*/0 * * * *', '5/2 * * * *', 'a * * * *', '@daily', '*  * * * *', '1, * * * *', '0 0 1 * 1', '-1 * * * *'])(
    'refuses %s',
    (text) => {
      expect(parseCron(text)).toBeNull()
    },
  )
})
