import { type HostId, schedulesText, type Settled } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { wantedSchedules } from '../core/planner/wanted-schedules.ts'
import type { ClusterRow } from '../store/clusters.ts'
import type { HostRow } from '../store/hosts.ts'
import { emptyWorld } from '../world/world.ts'
import { showSchedules } from './schedules.ts'

const ONE = 'h-aaaaaaaaaaaaaaaa' as HostId
const NOON = Date.parse('2026-11-21T12:00:00Z')
const cluster = { settled: { roles: { [ONE]: 'server' } } as Partial<Settled> } as unknown as ClusterRow
const spec = { snapshots: { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', keep: 3 }, datastore: 'sqlite', servers: { count: 1 } } as const

const shown = (schedule: object | null | undefined): ReturnType<typeof showSchedules> => {
  const world = emptyWorld()
  world.hosts.set(ONE, { id: ONE, name: 'one', facts: { value: { facts: { schedule } }, seenAt: 0 } } as unknown as HostRow)
  return showSchedules(world, cluster, NOON)
}

describe('showSchedules', () => {
  it('shows what a server said, and when it is planned next', () => {
    const text = schedulesText(wantedSchedules(spec, 0))
    expect(shown({ text, fired: { snapshot: NOON - 1 } })).toEqual([
      { host: 'one', name: 'snapshot', cron: '30 2 * * *', timeZone: 'Europe/Berlin', keep: 3, offsetS: 0, lastAt: NOON - 1, nextAt: Date.parse('2026-11-22T01:30:00Z') },
    ])
    expect(shown({ text: text?.replace('Europe/Berlin', 'Europe/Nowhere'), fired: {} })).toMatchObject([{ lastAt: null, nextAt: null }])
  })

  it.each([[undefined], [null], [{ text: '{', fired: {} }], [{ text: '[{}]', fired: {} }]])('shows nothing of %j', (schedule) => {
    expect(shown(schedule)).toEqual([])
    expect(showSchedules(emptyWorld(), cluster, NOON)).toEqual([])
  })
})
