import { readFiringId, type SnapshotFact, type Time } from '@drover/protocol'
import { goodOnes, newestFirst } from './meta.ts'

/** A folder of data that a restore set aside; `at`: when k3s last wrote to it (ms). */
export type Aside = { readonly name: string; readonly at: Time }

/** What is on a host, and the rule: of each sort the `keep` newest stay, and what is younger than `days`. */
export type TidyInput = {
  readonly snapshots: readonly SnapshotFact[]
  readonly asides: readonly Aside[]
  readonly cluster: string
  readonly keep: number
  readonly days: number
  readonly now: Time
}

/** Names of the snapshots and the folders that may go. */
export type ToTidy = { readonly snapshots: readonly string[]; readonly folders: readonly string[] }

const DAY = 86_400_000

/** True for a snapshot that Drover took by itself before or after a change; those of persons and of schedules have other names. */
const isOwn = (name: string): boolean => /^(?:before|restored)-/.test(name) && readFiringId(`sched-${name}`) === null

const old = (all: readonly Aside[], { keep, days, now }: TidyInput): readonly string[] =>
  newestFirst(all)
    .slice(keep)
    .filter(({ at }) => at < now - days * DAY)
    .map(({ name }) => name)

/** Decides what goes: never the last good snapshot of the cluster, nothing of another cluster, nothing that somebody asked for. */
export const toTidy = (input: TidyInput): ToTidy => {
  const { snapshots, cluster } = input
  const going = old(snapshots.filter((one) => one.cluster === cluster && isOwn(one.name)), input)
  const good = goodOnes(snapshots, cluster)
  const last = good.every(({ name }) => going.includes(name)) ? good[0]?.name : undefined
  return { snapshots: going.filter((name) => name !== last), folders: old(input.asides, input) }
}
