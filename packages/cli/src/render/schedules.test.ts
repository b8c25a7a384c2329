import { describe, expect, it } from 'vitest'
import { CLUSTER } from '@drover/test/kit/cli/fixtures.ts'
import { schedulesText } from './schedules.ts'

const [SCHEDULE] = CLUSTER.schedules
const now = (SCHEDULE?.lastAt ?? 0) + 3_600_000

describe('schedulesText', () => {
  it('says when a host did it last and will do it next', () => {
    expect(schedulesText(CLUSTER.schedules, now)).toMatch(/^\nSchedules\n {2}HOST +SCHEDULE +WHEN +KEEPS +LAST +NEXT\n {2}node-1 +snapshot +0 \*\/6 \* \* \* UTC +8 +60 min ago +in 5 h\n$/)
  })

  it('says what was never and will never be, and nothing where there is nothing', () => {
    const later = CLUSTER.schedules.map((one) => ({ ...one, offsetS: 1200 }))
    expect(schedulesText(later, now)).toMatch(/0 \*\/6 \* \* \* UTC \+ 20 min +8 +60 min ago +in 5 h/)
    const never = CLUSTER.schedules.map((one) => ({ ...one, lastAt: null, nextAt: null }))
    expect(schedulesText(never, now)).toMatch(/not yet +never\n$/)
    expect(schedulesText([], now)).toBe('')
  })
})
