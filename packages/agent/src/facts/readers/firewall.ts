import { createReadFirewall } from '../read-firewall.ts'
import type { FactReader } from './reader.ts'

/** How the firewall stands, by one look; the resident agent has a reader that also knows how often it put the rules back. */
export const readFirewall: FactReader<'firewall'> = (host) => createReadFirewall({ host, repairs: () => 0, monotonic: () => 0 })()
