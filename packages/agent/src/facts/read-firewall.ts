import { type FirewallFact, NO_FIREWALL } from '@drover/protocol'
import { chooseBackend } from '../firewall/choose-backend.ts'
import { readInCharge } from '../firewall/read-in-charge.ts'
import type { HostReader } from '../host/host.ts'

/** Reads how the firewall of this host stands. */
export type ReadFirewall = () => Promise<FirewallFact>

/** What reading needs: the host, how often the rules were put back, and a clock that never goes back (ms). */
export type FirewallTools = { readonly host: HostReader; readonly repairs: () => number; readonly monotonic: () => number }

/** Who else is in charge is asked at most this often, in ms: it takes some programs. */
const ASK_EVERY = 60_000

/** Builds the reader; it is made to be called every few seconds, so it remembers who else is in charge for a minute. */
export const createReadFirewall = ({ host, repairs, monotonic }: FirewallTools): ReadFirewall => {
  let asked: { readonly at: number; readonly inCharge: string | null } | null = null
  return async () => {
    if (asked === null || monotonic() - asked.at >= ASK_EVERY) asked = { at: monotonic(), inCharge: await readInCharge(host) }
    const { inCharge } = asked
    const backend = await chooseBackend(host)
    if (backend === null) return { ...NO_FIREWALL, backend: null, inCharge }
    const { active, staged } = await backend.read(host)
    return { active: active?.digests ?? null, staged: staged?.digests ?? null, backend: backend.name, inCharge, repairs: repairs() }
  }
}
