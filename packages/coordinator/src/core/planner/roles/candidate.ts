import type { HostId, HostView, Role, Settled, View } from '@drover/protocol'
import type { SettleInput } from '../settle-input.ts'
import { isMeasured } from '../facts.ts'

/** A host that could have a part in the cluster. */
export type Candidate = { readonly id: HostId; readonly host: HostView }

const byName = (a: Candidate, b: Candidate): number => (a.host.name < b.host.name ? -1 : 1)

/** All hosts of the view by name, so that the same hosts give the same choice. */
export const candidatesOf = (view: View): readonly Candidate[] =>
  Object.entries(view.hosts)
    .map(([id, host]) => ({ id: id as HostId, host }))
    .toSorted(byName)

/** The cluster that a host is bound to by an approval or by its claim; null where it is free. */
export const ownerOf = (host: HostView): string | null => host.cluster ?? host.facts.claim?.value?.cluster ?? null

/** True for a host that may be chosen: active, not another cluster's, and with an inventory that is new enough. */
export const isFree = (input: SettleInput, { host }: Candidate): boolean => {
  const owner = ownerOf(host)
  return host.state === undefined && (owner === null || owner === input.spec.cluster) && isMeasured(host, input.now)
}

/** True where the host's join token lets it take the role. */
export const mayTake = (host: HostView, role: Role): boolean => host.mayBe === 'any' || host.mayBe === role

/** True where the host bears all of the labels. */
export const matches = (host: HostView, select: Readonly<Record<string, string>>): boolean =>
  Object.entries(select).every(([key, value]) => host.labels[key] === value)

const isBare = ({ facts: { claim, k3s } }: HostView): boolean => claim?.value === null && k3s?.value === null

/**
 * True for a host that an earlier approval settled and that is not known to be bare: its role and address stay. Once one
 * host of a cluster is more than bare the seed stays too, whatever is seen of it, since only it may ever initialise.
 */
export const isKept = (view: View, previous: Settled, id: HostId): boolean => {
  const host = view.hosts[id]
  if (host === undefined || !isBare(host)) return true
  return id === previous.seed && Object.keys(previous.roles).some((other) => {
    const seen = view.hosts[other as HostId]
    return other !== id && seen !== undefined && seen.facts.k3s?.value?.wasActive === true
  })
}
