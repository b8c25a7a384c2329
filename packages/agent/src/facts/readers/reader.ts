import type { OwnFactName, ToldFacts } from '@drover/protocol'
import type { HostReader } from '../../host/host.ts'

/** Reads one fact from files and systemd; made to be called every few seconds. */
export type FactReader<K extends OwnFactName> = (host: HostReader) => Promise<ToldFacts[K]>
