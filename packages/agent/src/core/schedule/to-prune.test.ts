import { describe, expect, it } from 'vitest'
import { type Kept, toPrune } from './to-prune.ts'

const kept = (name: string, good = true, cluster = 'home'): Kept => ({ name, good, cluster })
const pruned = (all: readonly Kept[], keep: number): readonly string[] =>
  toPrune(all, { name: 'six', keep }, 'home').map(({ what, schedule, at }) => `${what} ${schedule} ${new Date(at).toISOString().slice(8, 16)}`)

describe('toPrune', () => {
  it('removes what is older than the newest good ones', () => {
    const all = ['six-20261121t0600z', 'six-20261120t0000z', 'six-20261121t0000z', 'six-20261121t1200z'].map((name) => kept(name))
    expect(pruned(all, 2)).toEqual(['prune six 20T00:00', 'prune six 21T00:00'])
    expect(pruned(all, 4)).toEqual([])
    expect(pruned(all, 1)).toHaveLength(3)
  })

  it('counts good ones only, so that bad ones drive none out', () => {
    const all = [kept('six-20261120t0000z'), kept('six-20261120t0600z', false), kept('six-20261121t0000z'), kept('six-20261121t0600z', false), kept('six-20261121t1200z', false)]
    expect(pruned(all, 2)).toEqual([])
    expect(pruned(all, 1)).toEqual(['prune six 20T00:00', 'prune six 20T06:00'])
    expect(pruned(all.map((one) => ({ ...one, good: false })), 1)).toEqual([])
  })

  it('leaves alone what others made, other schedules and other clusters', () => {
    const all = [kept('manual-aaaaaaaaaaaaaaaa'), kept('seven-20261120t0000z'), kept('six-20261119t0000z', true, 'other'), kept('six-20261120t0000z'), kept('six-20261121t0000z')]
    expect(pruned(all, 1)).toEqual(['prune six 20T00:00'])
  })
})
