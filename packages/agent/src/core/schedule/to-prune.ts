import { type Firing, readFiringId, type Schedule, type Time } from '@drover/protocol'

/** A snapshot as retention sees it. */
export type Kept = { readonly name: string; readonly cluster: string; readonly good: boolean }

/** The planned time that a schedule made something of this name for; null for what anybody else made. */
const madeFor = (name: string, schedule: string): Time | null => {
  const firing = readFiringId(`sched-${name}`)
  return firing?.schedule === schedule ? firing.at : null
}

/**
 * What a schedule made that is older than the `keep` newest good ones it made. Others' snapshots are neither counted nor
 * removed; with fewer good ones nothing is.
 */
export const toPrune = (kept: readonly Kept[], schedule: Pick<Schedule, 'name' | 'keep'>, cluster: string): readonly Firing[] => {
  const made = kept.flatMap((one) => {
    const at = one.cluster === cluster ? madeFor(one.name, schedule.name) : null
    return at === null ? [] : [{ at, good: one.good }]
  })
  const good = made.filter((one) => one.good).toSorted((a, b) => b.at - a.at)
  const oldest = good[schedule.keep - 1]
  if (oldest === undefined) return []
  const old = made.filter(({ at }) => at < oldest.at).toSorted((a, b) => a.at - b.at)
  return old.map(({ at }) => ({ what: 'prune', schedule: schedule.name, at }))
}
