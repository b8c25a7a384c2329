import { createReadFirewall, type FirewallSeen, seeFirewall } from '../facts/read-firewall.ts'
import type { FactReader } from '../facts/readers/reader.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import type { HostWriter } from '../host/host.ts'
import { followTool } from '../host/real/follow.ts'
import { createFirewallWatch } from '../resident/firewall-watch.ts'

/** The resident half of the firewall: looked after and put back with every reading, and at once when a table comes or goes. */
export type ResidentFirewall = { readonly read: FactReader<'firewall'>; readonly stop: () => void }

/** Starts to look after the kept rules with the first reading. */
export const createResidentFirewall = (host: HostWriter, log: (line: string) => void): ResidentFirewall => {
  const watch = createFirewallWatch({
    host,
    choose: () => chooseBackend(host),
    follow: ({ onChange, onEnd }) => followTool('nft', ['monitor', 'tables'], { onOutput: onChange, onEnd }),
    log,
  })
  // What could not be looked after just now is looked at all the same, or the fact is missing.
  const see = async (): Promise<FirewallSeen | null> => (await watch.look()) ?? seeFirewall(host)
  return { read: createReadFirewall({ host, repairs: watch.repairs, monotonic: () => performance.now(), see }), stop: watch.stop }
}
