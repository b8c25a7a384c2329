import { describe, expect, it } from 'vitest'
import { parseSpec } from '../parse-spec.ts'

const faultsOf = (snapshots: string): readonly string[] =>
  parseSpec(`cluster: prod\nk3s: { version: v1.36.2+k3s1 }\nservers: {}\n${snapshots}\n`).faults.map(({ line, path, reason, nearest }) => `${String(line)} ${path}: ${reason}${nearest === null ? '' : ` (${nearest})`}`)
const CRON = 'must be five fields of numbers, ranges, lists and steps, with a day of the month or a weekday, not both'

describe('snapshots of a spec', () => {
  it('are on from the first minute, and can be said in part or switched off', () => {
    const of = (text: string): unknown => parseSpec(`cluster: prod\nk3s: { version: v1.36.2+k3s1 }\nservers: {}\n${text}\n`).spec?.snapshots
    expect(of('')).toEqual({ schedule: '0 */6 * * *', timeZone: 'UTC', keep: 8 })
    expect(of('snapshots: { timeZone: Europe/Berlin }')).toEqual({ schedule: '0 */6 * * *', timeZone: 'Europe/Berlin', keep: 8 })
    expect(of('snapshots: false')).toBe(false)
  })

  it.each([
    ['snapshots: { schedule: "61 * * * *" }', `4 snapshots.schedule: ${CRON}`],
    ['snapshots: { schedule: "0 0 1 * 1" }', `4 snapshots.schedule: ${CRON}`],
    ['snapshots: { timeZone: Europe/Nowhere }', '4 snapshots.timeZone: is no time zone: write one such as UTC or Europe/Berlin'],
    ['snapshots: { timeZone: "+01:00" }', '4 snapshots.timeZone: must be an IANA time zone such as UTC or Europe/Berlin'],
    ['snapshots: { shedule: "0 0 * * *" }', '4 snapshots.shedule: is not known here; known are schedule, timeZone, keep (schedule)'],
    ['snapshots: { keep: 0 }', '4 snapshots.keep: Too small: expected number to be >=1'],
    ['snapshots: true', '4 snapshots: must be false, or say schedule, timeZone and keep'],
  ])('%s is said to be wrong', (text, fault) => {
    expect(faultsOf(text)).toEqual([fault])
  })
})
