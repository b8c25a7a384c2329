import type { HostId, Settled, View } from '@drover/protocol'

/** How many servers run, how many of them vote, and how many of those may be lost before the API stops answering. */
export type Tolerance = { readonly members: number; readonly voters: number; readonly tolerates: number }

/** On SQLite only the seed votes, so nothing may be lost; with more voters it is (voters - 1) / 2, rounded down. */
export const toleranceOf = (view: View, settled: Settled): Tolerance => {
  const runs = (id: HostId): boolean => view.hosts[id]?.facts.k3s?.value?.state === 'active'
  const ids = Object.keys(settled.roles) as HostId[]
  const members = ids.filter((id) => settled.roles[id] === 'server' && runs(id)).length
  const voters = runs(settled.seed) ? 1 : 0
  return { members, voters, tolerates: Math.max(0, Math.floor((voters - 1) / 2)) }
}
