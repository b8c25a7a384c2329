import type { Forecast, PlanInput, Request } from '@drover/protocol'
import { membersOf, type Member } from './members.ts'

/** The request to delete the cluster, open or done; where there is one, every other rule rests for good. */
export const deletionOf = (input: PlanInput): Request | undefined =>
  input.requests.find(({ kind, state }) => kind === 'delete-cluster' && (state === 'open' || state === 'done'))

/** What the loop may plan by: a kubeconfig is read for whoever may ask, a deletion only once a forecast that names it was approved. */
export const approvedRequests = (requests: readonly Request[], forecast: Forecast | null): readonly Request[] =>
  requests.filter(({ id, kind }) => kind !== 'delete-cluster' || forecast?.requests.includes(id) === true)

/** True while something of the cluster, or a binary of ours, is on the host. */
export const holdsAnything = ({ facts }: Member, cluster: string): boolean =>
  facts.claim === null || facts.claim.cluster === cluster
    ? [facts.k3s, facts.config, facts.claim, facts.binary].some((fact) => fact !== null) || Object.keys(facts.sysctls.kept).length > 0
    : false

/** True while firewall rules of ours are on the host, for good or on trial. */
export const hasFirewall = ({ facts: { firewall } }: Member): boolean => firewall.active !== null || firewall.staged !== null

const isAnswered = (input: PlanInput, request: Request): boolean => input.view.facts.answered?.value[request.id] === true

/** True once what was asked is done: the kubeconfig was answered, or no member holds anything of the cluster any more. */
export const isServed = (input: PlanInput, request: Request): boolean =>
  request.kind === 'kubeconfig'
    ? isAnswered(input, request)
    : membersOf(input).every((member) => !holdsAnything(member, input.spec.cluster) && !hasFirewall(member))
