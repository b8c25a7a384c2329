import { OWN_FACTS, type ToldFacts } from '@drover/protocol'
import type { HostReader } from '../host/host.ts'
import { FACT_READERS } from './readers/index.ts'
import type { ClusterReading, ReadCluster } from './read-cluster.ts'

/** What one look at this host found; `cluster` only on a server whose API answers. */
export type HostReading = { readonly facts: ToldFacts; readonly cluster: ClusterReading | null }

/** What reading facts needs. */
export type FactsTools = { readonly host: HostReader; readonly cluster: ReadCluster }

/** What this host's files and systemd say, and on a server what its API says; made to be called every few seconds. */
export const readFacts = async ({ host, cluster }: FactsTools): Promise<HostReading> => {
  const read = await Promise.all(OWN_FACTS.map(async (name): Promise<[string, unknown]> => [name, await FACT_READERS[name](host)]))
  const facts = Object.fromEntries(read) as ToldFacts
  return { facts, cluster: mayAnswer(facts) ? await cluster() : null }
}

const mayAnswer = ({ k3s }: ToldFacts): boolean => k3s?.role === 'server' && (k3s.state === 'active' || k3s.state === 'starting')
