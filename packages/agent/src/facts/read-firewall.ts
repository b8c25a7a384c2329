import { type FirewallFact, NO_FIREWALL } from '@drover/protocol'
import type { FirewallState } from '../core/firewall/state.ts'
import type { FirewallBackend } from '../firewall/backend.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import { readInCharge } from '../firewall/read-in-charge.ts'
import type { HostReader } from '../host/host.ts'

/** Reads how the firewall of this host stands. */
export type ReadFirewall = () => Promise<FirewallFact>

/** What a look at the firewall found, and by which backend. */
export type FirewallSeen = { readonly backend: FirewallBackend; readonly state: FirewallState }

/** What reading needs: the host, how often the rules were put back, a clock that never goes back (ms), and how to look (null: no backend). */
export type FirewallTools = {
  readonly host: HostReader
  readonly repairs: () => number
  readonly monotonic: () => number
  readonly see?: () => Promise<FirewallSeen | null>
}

/** How long it stays known who else is in charge, in ms: to ask takes some programs. A person who turns one off looks again soon. */
const ASK_AFTER = { nobody: 300_000, somebody: 15_000 } as const

/** Looks at the firewall of a host. */
export const seeFirewall = async (host: HostReader): Promise<FirewallSeen | null> => {
  const backend = await chooseBackend(host)
  return backend === null ? null : { backend, state: await backend.read(host) }
}

/** Builds the reader; it is made to be called every few seconds, so it remembers for a while who else is in charge. */
export const createReadFirewall = ({ host, repairs, monotonic, see = () => seeFirewall(host) }: FirewallTools): ReadFirewall => {
  let asked: { readonly at: number; readonly inCharge: string | null } | null = null
  const isOld = (): boolean => asked === null || monotonic() - asked.at >= (asked.inCharge === null ? ASK_AFTER.nobody : ASK_AFTER.somebody)
  return async () => {
    if (isOld()) asked = { at: monotonic(), inCharge: await readInCharge(host) }
    const inCharge = asked?.inCharge ?? null
    const seen = await see()
    if (seen === null) return { ...NO_FIREWALL, backend: null, inCharge }
    const { active, staged } = seen.state
    return { active: active?.digests ?? null, staged: staged?.digests ?? null, backend: seen.backend.name, inCharge, repairs: repairs() }
  }
}
