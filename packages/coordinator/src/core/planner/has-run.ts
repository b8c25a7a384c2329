import type { HostId, Settled } from '@drover/protocol'
import type { SettleInput } from './settle-input.ts'

/** True once a server of an earlier approval may have written its datastore: what can only be chosen before stays then. */
export const hasRun = ({ view }: Pick<SettleInput, 'view'>, { roles }: Settled): boolean =>
  (Object.keys(roles) as HostId[]).some((id) => {
    if (roles[id] !== 'server') return false
    const k3s = view.hosts[id]?.facts.k3s
    return k3s === undefined || (k3s.value !== null && (k3s.value.wasActive || k3s.value.state !== 'stopped'))
  })
