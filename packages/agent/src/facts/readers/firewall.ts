import { NO_FIREWALL } from '@drover/protocol'
import { createReadFirewall, type ReadFirewall } from '../read-firewall.ts'
import type { FactReader } from './reader.ts'

/** A firewall that cannot be read just now counts as none: it must not keep the other facts back. */
export const orNoFirewall =
  (read: ReadFirewall): FactReader<'firewall'> =>
  () =>
    read().catch(() => NO_FIREWALL)

/** How the firewall stands, by one look; the resident agent has a reader that also knows how often it put the rules back. */
export const readFirewall: FactReader<'firewall'> = (host) => orNoFirewall(createReadFirewall({ host, repairs: () => 0, monotonic: () => 0 }))(host)
