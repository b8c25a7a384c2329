import { describe, expect, it } from 'vitest'
import { OrderSchema } from '../order.ts'
import { OrderIdSchema } from '../ids.ts'
import { firingId, readFiringId, timeName } from './firing-id.ts'

const at = Date.parse('2026-11-21T18:05:00Z')

describe('firing ids', () => {
  it('name what, schedule and planned time, and can be read back', () => {
    const id = firingId({ what: 'sched', schedule: 'six-hours', at })
    expect(id).toBe('sched-six-hours-20261121t1805z')
    expect(readFiringId(id)).toEqual({ what: 'sched', schedule: 'six-hours', at })
    expect(readFiringId(firingId({ what: 'prune', schedule: 'a', at }))).toEqual({ what: 'prune', schedule: 'a', at })
    expect(timeName(at)).toBe('20261121t1805z')
  })

  it.each(['ord-aaaaaaaaaaaaaaaa', 'sched-A-20261121t1805z', 'sched-a-20261121t1805', 'sched-a-/../b-20261121t1805z', 'other-a-20261121t1805z', `sched-${'a'.repeat(25)}-20261121t1805z`])('does not take %s for one', (id) => {
    expect(readFiringId(id)).toBeNull()
  })

  it('are ids of orders, but of none that a coordinator may sign', () => {
    const id = firingId({ what: 'sched', schedule: 'a', at })
    expect(OrderIdSchema.safeParse(id).success).toBe(true)
    expect(OrderSchema.shape.id.safeParse(id).success).toBe(false)
    expect(OrderSchema.shape.id.safeParse('ord-aaaaaaaaaaaaaaaa').success).toBe(true)
  })
})
