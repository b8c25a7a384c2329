import type { Finding, PlanInput } from '@drover/protocol'
import { findClone } from './findings/clone.ts'
import { findClusterChanges } from './findings/cluster-changes.ts'
import { findFirewall } from './findings/firewall.ts'
import { findLeftBehind } from './findings/left-behind.ts'
import { findHostFit } from './findings/host-fit.ts'
import { findKernelDefaults } from './findings/kernel-defaults.ts'
import { findNetworkFit } from './findings/network-fit.ts'
import { findOwner } from './findings/owner.ts'
import { findRestore } from './findings/restore.ts'
import { findVersionChanges } from './findings/version-changes.ts'
import { stayersOf } from './members.ts'
import { deletionOf, isPutBack, restoreOf } from './requests.ts'

/**
 * What speaks against the settled cluster before anything is changed: hosts that belong to somebody else, machines that
 * cannot carry k3s, changes that a running cluster cannot take. Of one that is being deleted only
 * the hosts are named that stay as they are.
 */
export const preflight = (input: PlanInput): readonly Finding[] => {
  const deletion = deletionOf(input)
  if (deletion !== undefined) return findLeftBehind(input, deletion)
  const restore = isPutBack(input) ? undefined : restoreOf(input)
  const ofHosts = stayersOf(input).flatMap((member) => [
    ...findOwner(input, member),
    ...findClone(member),
    ...findHostFit(input, member),
    ...findKernelDefaults(input, member),
    ...findVersionChanges(input, member),
  ])
  return [...findNetworkFit(input), ...findClusterChanges(input), ...findFirewall(input), ...(restore === undefined ? [] : findRestore(input, restore)), ...ofHosts]
}
