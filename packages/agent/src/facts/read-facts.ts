import { OWN_FACTS, type OwnFactName, type ToldFacts } from '@drover/protocol'
import type { HostReader } from '../host/host.ts'
import { FACT_READERS, type FactReaders } from './readers/index.ts'
import type { ClusterReading, ReadCluster } from './read-cluster.ts'

/** What one look at this host found; `cluster` only on a server whose API answers. */
export type HostReading = { readonly facts: ToldFacts; readonly cluster: ClusterReading | null }

/** What reading facts needs; `readers` stand in for those of the table, where something resident knows more than one look shows. */
export type FactsTools = { readonly host: HostReader; readonly cluster: ReadCluster; readonly readers?: Partial<FactReaders>; readonly monotonic?: () => number }

/** Reads the facts of this host; `isAnew`: none of them is taken over from the reading before. */
export type ReadFacts = (isAnew: boolean) => Promise<HostReading>

/**
 * For how long, in ms, a fact is taken over where facts are read at a quicker pace: most looks start a program. The etcd member is
 * what joins go by, and is always looked at.
 */
const LASTS_MS = 1_000
const LASTS: Partial<Record<OwnFactName, number>> = { etcd: 0, firewall: 5_000 }

type Kept = { readonly at: number; readonly value: unknown }

/** What this host's files and systemd say, and on a server what its API says; made to be called every few seconds, or several times in one. */
export const createReadFacts = ({ host, cluster, readers, monotonic = () => performance.now() }: FactsTools): ReadFacts => {
  const each: FactReaders = { ...FACT_READERS, ...readers }
  const known = new Map<string, Kept>()
  const young = async (name: string, lastsMs: number, read: () => Promise<unknown>): Promise<unknown> => {
    const at = monotonic()
    const before = known.get(name)
    if (before !== undefined && at - before.at < lastsMs) return before.value
    const value = await read()
    known.set(name, { at, value })
    return value
  }
  return async (isAnew) => {
    if (isAnew) known.clear()
    const read = await Promise.all(OWN_FACTS.map(async (name): Promise<[string, unknown]> => [name, await young(name, LASTS[name] ?? LASTS_MS, () => each[name](host))]))
    const facts = Object.fromEntries(read) as ToldFacts
    return { facts, cluster: mayAnswer(facts) ? ((await young('cluster', LASTS_MS, cluster)) as ClusterReading | null) : null }
  }
}

/** One look at everything. */
export const readFacts = (tools: FactsTools): Promise<HostReading> => createReadFacts(tools)(true)

const mayAnswer = ({ k3s }: ToldFacts): boolean => k3s?.role === 'server' && (k3s.state === 'active' || k3s.state === 'starting')
