import { type Action, datastoreOf, type Finding, type HostId, type PlanInput, quorumOf, say, STALE_AFTER } from '@drover/protocol'
import { finding } from '../finding.ts'
import { deletionOf } from '../requests.ts'

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id

/** The host that an action takes out of the cluster, or a part of it; null where it takes nothing out. */
const takenBy = ({ kind, host, params }: Action): HostId | null => {
  if (kind === 'k3s.uninstall') return host
  return kind === 'node.drain' || kind === 'node.delete' || kind === 'etcd.remove' ? (params as { readonly member: HostId }).member : null
}

const isLearnerOnly = ({ kind, params }: Action): boolean => kind === 'etcd.remove' && (params as { readonly only: string }).only === 'learner'

/** Only a host that the spec no longer means is taken out, or a learner that etcd itself lists as one. */
const findUnasked = (input: PlanInput, actions: readonly Action[]): readonly Finding[] =>
  actions.flatMap((action) => {
    const taken = takenBy(action)
    if (taken === null || input.settled.leaving?.includes(taken) === true) return []
    if (isLearnerOnly(action) && input.view.hosts[taken]?.facts.listed?.value === 'learner') return []
    return [finding('fatal', say('finding.unasked-removal', { host: nameOf(input, taken) }), [taken])]
  })

const isVoting = ({ view, now }: PlanInput, id: HostId): boolean => {
  const host = view.hosts[id]
  const etcd = host?.facts.etcd
  return host?.online.value === true && etcd?.value === 'voter' && now - etcd.seenAt <= STALE_AFTER.host
}

/** The members that vote are counted without the one that goes: enough of them have to vote now. */
const findTooFew = (input: PlanInput, actions: readonly Action[]): readonly Finding[] =>
  actions.flatMap((action) => {
    const taken = takenBy(action)
    const takesMember = (action.kind === 'etcd.remove' && !isLearnerOnly(action)) || (action.kind === 'node.delete' && taken !== null && input.settled.roles[taken] === 'server')
    if (taken === null || !takesMember) return []
    const others = Object.entries(input.view.hosts).flatMap(([key, { facts }]) => {
      const id = key as HostId
      return id !== taken && input.settled.roles[id] === 'server' && (facts.listed?.value === 'voter' || isVoting(input, id)) ? [id] : []
    })
    const left = others.filter((id) => isVoting(input, id)).length
    const quorum = quorumOf(others.length)
    return left >= quorum ? [] : [finding('fatal', say('finding.removal-quorum', { host: nameOf(input, taken), left, voters: others.length, quorum }), [taken])]
  })

/** What the second reader has against hosts and members that are taken out; a deletion takes them all. */
export const findRemovals = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  if (deletionOf(input) !== undefined) return []
  return [...findUnasked(input, actions), ...(datastoreOf(input.spec) === 'etcd' ? findTooFew(input, actions) : [])]
}
