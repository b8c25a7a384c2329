import { ClusterNameSchema, type SnapshotFact } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { type Aside, type TidyInput, toTidy } from './to-tidy.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-21T12:00:00Z')
const snapshot = (name: string, days: number, change: Partial<SnapshotFact> = {}): SnapshotFact => ({
  name, cluster: ClusterNameSchema.parse('home'), incarnation: 1, datastore: 'sqlite', at: NOW - days * DAY, bytes: 1, sha256: 'a'.repeat(64) as SnapshotFact['sha256'],
  grade: 'consistent', objects: 1, version: 'v1.36.2+k3s1', token: 'aaaaaaaaaaaa', opens: true, ...change,
})
const aside = (incarnation: number, days: number): Aside => ({ name: `db.before-${String(incarnation)}`, at: NOW - days * DAY })
const ask = (change: Partial<TidyInput>) => toTidy({ snapshots: [], asides: [], cluster: 'home', keep: 3, days: 7, now: NOW, ...change })
const ageing = (...days: readonly number[]): SnapshotFact[] => days.map((age) => snapshot(`before-v1.${String(age)}-1`, age))

describe('toTidy', () => {
  it('keeps the newest three, and all of the last week', () => {
    expect(ask({ snapshots: ageing(10, 40, 20, 30, 50) }).snapshots).toEqual(['before-v1.40-1', 'before-v1.50-1'])
    expect(ask({ snapshots: ageing(1, 2, 3, 4, 6, 8) }).snapshots).toEqual(['before-v1.8-1'])
    expect(ask({ snapshots: ageing(100, 200, 300) }).snapshots).toEqual([])
    expect(ask({ snapshots: ageing(1, 2, 3, 4, 5, 6, 7) }).snapshots).toEqual([])
  })

  it('judges the data that restores set aside by the same rule, by itself', () => {
    const asides = [aside(2, 90), aside(3, 60), aside(4, 30), aside(5, 20), aside(6, 0)]
    expect(ask({ asides, snapshots: ageing(90) })).toEqual({ snapshots: [], folders: ['db.before-3', 'db.before-2'] })
    expect(ask({ asides: [2, 3, 4, 5, 6].map((one) => aside(one, 0)) }).folders).toEqual([])
  })

  it('takes what comes before and after a change, and nothing that anybody else made', () => {
    const others = ['manual-aaaaaaaaaaaaaaaa', 'snapshot-20261101t0000z', 'before-20261101t0000z', 'restorednot'].map((name) => snapshot(name, 100))
    const own = ['restored-2', 'restored-3', 'before-v1.35.1-k3s1-1'].map((name, index) => snapshot(name, 50 + index))
    expect(ask({ snapshots: [...others, ...own], keep: 1 }).snapshots).toEqual(['restored-3', 'before-v1.35.1-k3s1-1'])
    expect(ask({ snapshots: own.map((one) => ({ ...one, cluster: ClusterNameSchema.parse('other') })), keep: 1 }).snapshots).toEqual([])
  })

  it('never takes the last good one', () => {
    const bad = { grade: 'degraded' as const }
    const own = [...[1, 2, 3].map((age) => snapshot(`restored-${String(age)}`, age, bad)), ...ageing(20, 30)]
    expect(ask({ snapshots: own }).snapshots).toEqual(['before-v1.30-1'])
    expect(ask({ snapshots: [...own, snapshot('manual-aaaaaaaaaaaaaaaa', 90)] }).snapshots).toEqual(['before-v1.20-1', 'before-v1.30-1'])
    expect(ask({ snapshots: own.map((one) => ({ ...one, opens: false })) }).snapshots).toEqual(['before-v1.20-1', 'before-v1.30-1'])
  })

  it('takes what a clock that was ahead made for new', () => {
    expect(ask({ snapshots: [...ageing(20, 30, 40), snapshot('restored-9', -400)], keep: 1 }).snapshots).toHaveLength(3)
    expect(ask({ snapshots: ageing(20, 30, 40), keep: 1, now: NOW - 100 * DAY }).snapshots).toEqual([])
  })
})
