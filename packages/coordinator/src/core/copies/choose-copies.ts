import { type HostId, isGoodSnapshot, type Ms, type Snapshot, type SnapshotFact, type Time } from '@drover/protocol'

/** Copies of what nobody asked for by name that stay where the spec has no schedule that says how many. */
export const KEPT_WITHOUT_SCHEDULE = 8

/** A snapshot on a host that can be reached. */
export type HeldSnapshot = { readonly host: HostId; readonly snapshot: SnapshotFact }

/** What copies are chosen from: how many stay of those that nobody asked for, what hosts hold and which copies there are. */
export type CopyInput = { readonly cluster: string; readonly keep: number; readonly held: readonly HeldSnapshot[]; readonly copies: readonly Snapshot[] }

const isAskedFor = ({ name }: Snapshot): boolean => name.startsWith('manual-')

/** Newest first; of two of one name the newer one alone, which takes the other's place. */
const newestByName = (all: readonly Snapshot[]): readonly Snapshot[] => {
  const byName = new Map<string, Snapshot>()
  for (const one of all.toSorted((a, b) => a.at - b.at)) byName.set(one.name, one)
  return [...byName.values()].toSorted((a, b) => b.at - a.at)
}

/** True where the copy is of the same occasion: each server of a cluster on etcd takes its own of one time, and one copy of them is enough. */
const isSameOccasion = (copy: Snapshot, { name, datastore, incarnation, token }: Snapshot): boolean =>
  datastore === 'etcd' && copy.datastore === 'etcd' && copy.name === name && copy.incarnation === incarnation && copy.token === token

/** Of what persons asked for all, of the rest the newest; newest first. */
const worthACopy = ({ cluster, keep, held, copies }: CopyInput): readonly Snapshot[] => {
  const good = held.map(({ snapshot }) => snapshot).filter((one) => isGoodSnapshot(one, cluster) && !copies.some((copy) => isSameOccasion(copy, one)))
  const all = newestByName([...copies, ...good])
  const rest = new Set(all.filter((one) => !isAskedFor(one)).slice(0, keep))
  return all.filter((one) => isAskedFor(one) || rest.has(one))
}

/** The snapshots that are to be copied, newest first, each with a host that has it. */
export const missingCopies = (input: CopyInput): readonly HeldSnapshot[] => {
  const has = new Set(input.copies.map(({ name, sha256 }) => `${name} ${sha256}`))
  return worthACopy(input).flatMap(({ name, sha256 }) => {
    const holder = input.held.find((one) => isGoodSnapshot(one.snapshot, input.cluster) && one.snapshot.name === name && one.snapshot.sha256 === sha256)
    return holder === undefined || has.has(`${name} ${sha256}`) ? [] : [holder]
  })
}

/** The copies that newer copies have taken the place of; a newer snapshot that is not copied yet takes nobody's. */
export const spareCopies = (input: CopyInput): readonly Snapshot[] => {
  const worth = new Set(worthACopy({ ...input, held: [] }).map(({ name }) => name))
  return input.copies.filter(({ name }) => !worth.has(name))
}

/** How often in a row a copy did not come about, and since when. */
export type CopyTries = { readonly failed: number; readonly at: Time }

const PAUSES: readonly Ms[] = [60_000, 300_000, 900_000, 3_600_000]

/** Whether it is time to try a copy again: after 1, 5 and 15 minutes, then every hour. */
export const mayTry = (tries: CopyTries | undefined, now: Time): boolean =>
  tries === undefined || now - tries.at >= (PAUSES[Math.min(tries.failed, PAUSES.length) - 1] ?? 0)
