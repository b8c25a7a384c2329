import { createReadFirewall, type ReadFirewall } from '../facts/read-firewall.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import type { HostWriter } from '../host/host.ts'
import { followTool } from '../host/real/follow.ts'
import { createFirewallWatch } from '../resident/firewall-watch.ts'

/** The resident half of the firewall: looked after and put back with every reading, and at once when a table comes or goes. */
export type ResidentFirewall = { readonly read: ReadFirewall; readonly stop: () => void }

/** Starts to look after the kept rules with the first reading. */
export const createResidentFirewall = (host: HostWriter, log: (line: string) => void): ResidentFirewall => {
  const watch = createFirewallWatch({
    host,
    choose: () => chooseBackend(host),
    follow: ({ onChange, onEnd }) => followTool('nft', ['monitor', 'tables'], { onOutput: onChange, onEnd }),
    log,
  })
  const read = createReadFirewall({ host, repairs: watch.repairs, monotonic: () => performance.now() })
  return {
    read: async () => {
      await watch.look()
      return read()
    },
    stop: watch.stop,
  }
}
