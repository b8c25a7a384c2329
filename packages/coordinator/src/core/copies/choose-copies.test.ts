import { type HostId, HostIdSchema, type SnapshotFact, STEPS } from '@drover/protocol'
import { describe, expect, it } from 'vitest'
import { type CopyInput, type HeldSnapshot, mayTry, missingCopies, spareCopies } from './choose-copies.ts'

const HOST: HostId = HostIdSchema.parse('h-aaaaaaaaaaaaaaaa')
const fact = (name: string, at: number, more: Partial<SnapshotFact> = {}): SnapshotFact => ({ ...STEPS['snapshot.copy'].example.snapshot, name, at, sha256: `${at.toString(16)}`.padStart(64, '0'), opens: true, ...more })
const on = (...all: readonly SnapshotFact[]): readonly HeldSnapshot[] => all.map((snapshot) => ({ host: HOST, snapshot }))
const input = (about: Partial<CopyInput>): CopyInput => ({ cluster: 'home', keep: 2, held: [], copies: [], ...about })
const missing = (about: Partial<CopyInput>): string[] => missingCopies(input(about)).map(({ snapshot }) => snapshot.name)
const spare = (about: Partial<CopyInput>): string[] => spareCopies(input(about)).map(({ name }) => name)

const A = fact('snapshot-1', 1)
const B = fact('snapshot-2', 2)
const C = fact('snapshot-3', 3)
const ASKED = fact('manual-a', 0)

describe('copies that are missing', () => {
  it('are the newest that stay and all that somebody asked for, newest first', () => {
    expect(missing({ held: on(A, B, C, ASKED) })).toEqual(['snapshot-3', 'snapshot-2', 'manual-a'])
  })

  it('are none that are here', () => {
    expect(missing({ held: on(A, B, C, ASKED), copies: [C, ASKED] })).toEqual(['snapshot-2'])
    expect(missing({ held: on(B, C), copies: [B, C] })).toEqual([])
  })

  it('are none that newer copies would take the place of at once', () => {
    expect(missing({ held: on(A), copies: [B, C] })).toEqual([])
  })

  it.each<[string, Partial<SnapshotFact>]>([
    ['degraded', { grade: 'degraded' }],
    ['under another token', { opens: false }],
    ['of another cluster', { cluster: 'other' as SnapshotFact['cluster'] }],
  ])('are none that are %s', (_what, more) => {
    expect(missing({ held: on(fact('snapshot-9', 9, more)) })).toEqual([])
  })

  it('name a newer one of a name anew, and an older one not', () => {
    const again = fact('restored-2', 5, { sha256: 'b'.repeat(64) })
    const before = fact('restored-2', 4)
    expect(missing({ held: on(again), copies: [before] })).toEqual(['restored-2'])
    expect(missing({ held: on(before), copies: [again] })).toEqual([])
  })
})

describe('copies of a cluster on etcd', () => {
  const taken = (at: number, sha256: string, more: Partial<SnapshotFact> = {}): SnapshotFact => fact('snapshot-4', at, { datastore: 'etcd', sha256: sha256.repeat(64), ...more })
  const [ONE, TWO, THREE] = [taken(4, 'a'), taken(5, 'b'), taken(6, 'c')]

  it('are one of those that the servers took for the same time', () => {
    expect(missingCopies(input({ held: on(ONE, TWO, THREE) })).map(({ snapshot }) => snapshot.sha256)).toEqual([THREE.sha256])
    for (const copy of [ONE, TWO, THREE]) expect(missing({ held: on(ONE, TWO, THREE), copies: [copy] })).toEqual([])
    expect(spare({ held: on(TWO), copies: [ONE] })).toEqual([])
  })

  it('are taken anew of another life of the cluster, or under another token', () => {
    expect(missing({ held: on(taken(7, 'd', { incarnation: 2 })), copies: [ONE] })).toEqual(['snapshot-4'])
    expect(missing({ held: on(taken(7, 'd', { token: 'ffffffffffff' })), copies: [ONE] })).toEqual(['snapshot-4'])
  })

  it('are taken of a server that has a good one where that of another is degraded', () => {
    const bad = taken(9, 'e', { grade: 'degraded' })
    expect(missingCopies(input({ held: on(bad, ONE) })).map(({ snapshot }) => snapshot.sha256)).toEqual([ONE.sha256])
  })
})

describe('copies that are spare', () => {
  it('are those that newer copies have taken the place of, not what is still to come', () => {
    expect(spare({ copies: [A, B, C] })).toEqual(['snapshot-1'])
    expect(spare({ held: on(C, fact('snapshot-4', 4)), copies: [A, B] })).toEqual([])
    expect(spare({ copies: [A, B] })).toEqual([])
  })

  it('are none that somebody asked for, and none for a bad one', () => {
    expect(spare({ copies: [ASKED, A, B] })).toEqual([])
    expect(spare({ held: on(fact('snapshot-9', 9, { grade: 'degraded' })), copies: [A, B] })).toEqual([])
  })
})

it('a copy is tried again after 1, 5 and 15 minutes, then every hour', () => {
  const from = (failed: number): number => [59_999, 60_000, 300_000, 900_000, 3_600_000].find((now) => mayTry({ failed, at: 0 }, now)) ?? -1
  expect([mayTry(undefined, 0), from(1), from(2), from(3), from(4), from(50)]).toEqual([true, 60_000, 300_000, 900_000, 3_600_000, 3_600_000])
})
