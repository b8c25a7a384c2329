import type { Forecast, HostId, PlanInput, Request } from '@drover/protocol'
import { membersOf, type Member } from './members.ts'

/** The request to delete the cluster, open or done; where there is one, every other rule rests for good. */
export const deletionOf = (input: PlanInput): Request | undefined =>
  input.requests.find(({ kind, state }) => kind === 'delete-cluster' && (state === 'open' || state === 'done'))

/** What the loop may plan by: a kubeconfig is read for whoever may ask, a deletion only once a forecast that names it was approved. */
export const approvedRequests = (requests: readonly Request[], forecast: Forecast | null): readonly Request[] =>
  requests.filter(({ id, kind }) => kind !== 'delete-cluster' || forecast?.requests.includes(id) === true)

/** The hosts that a deletion leaves as they are, because they are away for good. */
export const leftBehind = (request: Request | undefined): ReadonlySet<HostId> =>
  new Set(request?.kind === 'delete-cluster' ? ((request.params as { readonly without?: readonly HostId[] }).without ?? []) : [])

/** The hosts from which a deletion still has to take something. */
export const toUninstall = (input: PlanInput, request: Request): readonly Member[] => {
  const away = leftBehind(request)
  return membersOf(input).filter((member) => !away.has(member.id) && holdsAnything(member, input.spec.cluster))
}

/** True while something of the cluster, or a binary of ours, is on the host. */
const holdsAnything = ({ facts }: Member, cluster: string): boolean =>
  facts.claim === null || facts.claim.cluster === cluster
    ? [facts.k3s, facts.config, facts.claim, facts.binary].some((fact) => fact !== null) || Object.keys(facts.sysctls.kept).length > 0
    : false

/** True while firewall rules of ours are on the host, for good or on trial. */
export const hasFirewall = ({ facts: { firewall } }: Member): boolean => firewall.active !== null || firewall.staged !== null

/** The hosts from which a deletion has taken everything but their firewall. */
export const toUnguard = (input: PlanInput, request: Request): readonly Member[] => {
  const away = leftBehind(request)
  return membersOf(input).filter((member) => !away.has(member.id) && hasFirewall(member) && !holdsAnything(member, input.spec.cluster))
}

const isAnswered = (input: PlanInput, request: Request): boolean => input.view.facts.answered?.value[request.id] === true

/** True once what was asked is done: the kubeconfig was answered, or nothing of the cluster is left where it has to be taken off. */
export const isServed = (input: PlanInput, request: Request): boolean =>
  request.kind === 'kubeconfig'
    ? isAnswered(input, request)
    : toUninstall(input, request).length === 0 && toUnguard(input, request).length === 0
