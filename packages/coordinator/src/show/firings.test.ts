import { type HostId, schedulesText, type Settled } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { wantedSchedules } from '../core/planner/wanted-schedules.ts'
import type { ClusterRow } from '../store/clusters.ts'
import type { HostRow } from '../store/hosts.ts'
import type { OrderRow } from '../store/orders.ts'
import { emptyWorld, type World } from '../world/world.ts'
import { findMissedFirings, showFirings } from './firings.ts'

const ONE = 'h-aaaaaaaaaaaaaaaa' as HostId
const NOON = Date.parse('2026-11-21T12:00:00Z')
const HOUR = 3_600_000
const cluster = { name: 'home', createdAt: NOON - 48 * HOUR, settled: { roles: { [ONE]: 'server' } } as Partial<Settled> } as unknown as ClusterRow
const spec = { snapshots: { schedule: '0 * * * *', timeZone: 'UTC', keep: 3 }, datastore: 'sqlite', servers: { count: 1 } } as const
const FULL = { kind: 'failed', at: NOON, code: 'step.space', message: 'the disk is full', evidence: '', undone: 'undone', elapsedMs: 1 } as const

/** The end of a try for a planned time so many hours before noon. */
const row = (hours: number, change: Partial<OrderRow> = {}): OrderRow => {
  const at = NOON - hours * HOUR
  const time = new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').toLowerCase()
  return { id: `${ONE}/sched-snapshot-${time}z/${String(change.attempt ?? 1)}`, cluster: 'home', attempt: 1, state: FULL, createdAt: at, endedAt: at + 9, ...change } as OrderRow
}
const worldOf = (rows: readonly OrderRow[], facts: object = {}): World => {
  const world = emptyWorld()
  world.clusters.set('home', cluster)
  world.firings.set(ONE, rows)
  const schedule = { text: schedulesText(wantedSchedules(spec, 0)), fired: {} }
  world.hosts.set(ONE, { id: ONE, name: 'one', facts: { value: { facts: { schedule, ...facts } }, seenAt: 0 } } as unknown as HostRow)
  return world
}
const done = { kind: 'done', at: NOON, result: {}, recovered: false, elapsedMs: 1 } as const

describe('showFirings', () => {
  it('shows the next time, then each planned time by its last try', () => {
    const shown = showFirings(worldOf([row(1, { attempt: 2, state: done }), row(1), row(2)]), NOON)
    expect(shown.map(({ state, planned, attempts, message }) => [state, (NOON - planned) / HOUR, attempts, message])).toEqual([
      ['due', -1, 0, null],
      ['done', 1, 2, null],
      ['failed', 2, 1, 'the disk is full'],
    ])
    expect(shown[1]).toMatchObject({ cluster: 'home', host: 'one', schedule: 'snapshot', snapshot: 'snapshot-20261121t1100z', endedAt: NOON - HOUR + 9 })
  })

  it('shows twenty at most, and nothing of a cluster that had this name before', () => {
    expect(showFirings(worldOf(Array.from({ length: 30 }, (_, index) => row(index))), NOON)).toHaveLength(21)
    expect(showFirings(worldOf([row(49), row(1, { cluster: 'other' })]), NOON)).toHaveLength(1)
    expect(showFirings(worldOf([row(1, { id: 'nonsense' }), row(2, { state: { kind: 'queued' } })]), NOON)).toHaveLength(1)
  })
})

describe('findMissedFirings', () => {
  const SNAPSHOT = { cluster: 'home', opens: true, grade: 'consistent', at: NOON }
  const found = (rows: readonly OrderRow[], facts: object = {}): number => findMissedFirings(worldOf(rows, facts), cluster, NOON).length

  it('finds the newest planned time that has none, until one was taken, by whomever', () => {
    expect(findMissedFirings(worldOf([row(1), row(2, { state: done })]), cluster, NOON)).toMatchObject([{ level: 'note', said: { code: 'finding.no-snapshot', args: { host: 'one', tries: 1, planned: '2026-11-21T11:00Z' } } }])
    expect([found([]), found([row(1, { state: done }), row(2)]), found([row(1)], { snapshots: [SNAPSHOT] })]).toEqual([0, 0, 0])
  })

  it.each([
    ['older', { at: NOON - 2 * HOUR }],
    ['degraded', { grade: 'degraded' }],
    ['of another token', { opens: false }],
    ['of another cluster', { cluster: 'other' }],
  ])('takes none that is %s for it', (_name, change) => {
    expect(found([row(1)], { snapshots: [{ ...SNAPSHOT, ...change }] })).toBe(1)
  })

  it('finds nothing for a schedule that the host no longer keeps', () => {
    expect(found([row(1)], { schedule: null })).toBe(0)
  })
})
