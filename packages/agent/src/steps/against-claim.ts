import type { Claim, ClusterName } from '@drover/protocol'
import type { HostReader } from '../host/host.ts'
import { readClaim } from '../host/k3s-marks.ts'

/** The cluster and the incarnation that an order is for. */
export type Wanted = { readonly cluster: ClusterName; readonly incarnation: number }

const otherClaim = (claim: Claim, { cluster, incarnation }: Wanted): string | null => {
  if (claim.cluster !== cluster) return `the host has promised itself to ${claim.cluster}`
  if (claim.incarnation === incarnation) return null
  return `the host is of incarnation ${String(claim.incarnation)}, the order of ${String(incarnation)}`
}

/** The host's claim, or for people why it does not stand for an order. */
export const heldClaim = async (host: HostReader, wanted: Wanted): Promise<Claim | string> => {
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') return `claim.json is ${claim ?? 'missing'}`
  return otherClaim(claim, wanted) ?? claim
}
