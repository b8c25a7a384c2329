import { DroverError, FIREWALL } from '@drover/protocol'
import { NO_TABLE } from '../core/firewall/state.ts'
import { FIREWALL_AT } from '../firewall/at.ts'
import { backendOf } from '../firewall/backend-of.ts'
import { noteBoot, restoreBoot } from '../firewall/boot.ts'
import { chooseBackend } from '../firewall/choose-backend.ts'
import type { HostReader } from '../host/host.ts'
import { asideFolder } from './set-aside.ts'
import type { StepModule } from './step.ts'

/** What of the firewall is still there. */
const traces = async (host: HostReader): Promise<readonly string[]> => {
  const found: string[] = []
  for (const path of [FIREWALL_AT.active, FIREWALL_AT.unitFile, FIREWALL_AT.revert]) if ((await host.stat(path)) !== null) found.push(path)
  const unit = await host.unit(FIREWALL.unit)
  if (unit.load !== 'not-found') found.push(`${FIREWALL.unit}.service`)
  const backend = await chooseBackend(host)
  if (backend !== null && (await backend.read(host)) !== NO_TABLE) found.push(`table ${FIREWALL.table}`)
  return found
}

/** Takes the whole firewall off the host: no trace is left. */
export const firewallRemove: StepModule<'firewall.remove'> = {
  kind: 'firewall.remove',
  check: async (host) => {
    const found = await traces(host)
    return found.length === 0 ? { is: 'satisfied', said: 'nothing of it is there' } : { is: 'needed', said: `to be removed: ${found.join(', ')}` }
  },
  note: (host, context) => noteBoot(host, asideFolder(context.order)),
  apply: async (host) => ({ removed: [...(await (await backendOf(host)).remove(host))] }),
  verify: async (host, _context, receipt) => {
    const found = await traces(host)
    if (found.length > 0) throw new DroverError('step.tool', `still there: ${found.join(', ')}`)
    return { removed: (receipt as { removed?: string[] } | null)?.removed ?? [] }
  },
  undo: (host, _context, notes) => restoreBoot(host, notes),
}
