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

/** The host's claim where it is of the wanted incarnation or an earlier one, or for people why it does not stand for an order that begins an incarnation. */
export const earlierClaim = async (host: HostReader, { cluster, incarnation }: Wanted): Promise<Claim | string> => {
  const claim = await readClaim(host)
  if (claim === null || claim === 'damaged') return `claim.json is ${claim ?? 'missing'}`
  if (claim.cluster !== cluster) return `the host has promised itself to ${claim.cluster}`
  return claim.incarnation > incarnation ? `the host is of incarnation ${String(claim.incarnation)}, later than ${String(incarnation)}` : claim
}
