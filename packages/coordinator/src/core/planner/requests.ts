import type { PlanInput, Request } from '@drover/protocol'
import { membersOf, type Member } from './members.ts'

/** The open request to delete the cluster; while there is one, every other rule rests. */
export const deletionOf = (input: PlanInput): Request | undefined =>
  input.requests.find((request) => request.kind === 'delete-cluster' && request.state === 'open')

/** True while something of the cluster, or a binary of ours, is on the host. */
export const holdsAnything = ({ facts }: Member, cluster: string): boolean =>
  facts.claim === null || facts.claim.cluster === cluster
    ? facts.k3s !== null || facts.config !== null || facts.claim !== null || facts.binary !== null
    : false

const isAnswered = (input: PlanInput, request: Request): boolean => input.view.facts.answered?.value[request.id] === true

/** True once what was asked is done: the kubeconfig was answered, or no member holds anything of the cluster any more. */
export const isServed = (input: PlanInput, request: Request): boolean =>
  request.kind === 'kubeconfig'
    ? isAnswered(input, request)
    : membersOf(input).every((member) => !holdsAnything(member, input.spec.cluster))
