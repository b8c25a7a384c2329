import { OWN_FACTS, type ToldFacts } from '@drover/protocol'
import type { HostReader } from '../host/host.ts'
import { FACT_READERS, type FactReaders } from './readers/index.ts'
import type { ClusterReading, ReadCluster } from './read-cluster.ts'

/** What one look at this host found; `cluster` only on a server whose API answers. */
export type HostReading = { readonly facts: ToldFacts; readonly cluster: ClusterReading | null }

/** What reading facts needs; `readers` stand in for those of the table, where something resident knows more than one look shows. */
export type FactsTools = { readonly host: HostReader; readonly cluster: ReadCluster; readonly readers?: Partial<FactReaders> }

/** What this host's files and systemd say, and on a server what its API says; made to be called every few seconds. */
export const readFacts = async ({ host, cluster, readers }: FactsTools): Promise<HostReading> => {
  const each: FactReaders = { ...FACT_READERS, ...readers }
  const read = await Promise.all(OWN_FACTS.map(async (name): Promise<[string, unknown]> => [name, await each[name](host)]))
  const facts = Object.fromEntries(read) as ToldFacts
  return { facts, cluster: mayAnswer(facts) ? await cluster() : null }
}

const mayAnswer = ({ k3s }: ToldFacts): boolean => k3s?.role === 'server' && (k3s.state === 'active' || k3s.state === 'starting')
