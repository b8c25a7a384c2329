import { AbsenceWishSchema, DeletionWishSchema, type Forecast, type HostId, type PlanInput, type Request, RequestIdSchema, snapshotOfRequest } from '@drover/protocol'
import { membersOf, type Member, seedOf } from './members.ts'

/** The request to delete the cluster, open or done; where there is one, every other rule rests for good. */
export const deletionOf = (input: PlanInput): Request | undefined =>
  input.requests.find(({ kind, state }) => kind === 'delete-cluster' && (state === 'open' || state === 'done'))

/** The request to put a snapshot in the place of the cluster's data, while it is open. */
export const restoreOf = (input: PlanInput): Request | undefined => input.requests.find(({ kind, state }) => kind === 'restore' && state === 'open')

/** The kinds of which a person must have approved the forecast; the others read for whoever may ask. */
export const needsApproval = ({ kind }: Pick<Request, 'kind'>): boolean => kind === 'delete-cluster' || kind === 'delete-snapshot' || kind === 'restore'

/** What the loop may plan by: what needs an approval, only once a forecast that names it was approved. */
export const approvedRequests = (requests: readonly Request[], forecast: Forecast | null): readonly Request[] =>
  requests.filter((request) => !needsApproval(request) || forecast?.requests.includes(request.id) === true)

/** The hosts that a deletion leaves as they are, because they are away for good. */
export const leftBehind = (request: Request | undefined): ReadonlySet<HostId> =>
  new Set(request?.kind === 'delete-cluster' ? AbsenceWishSchema.parse(request.params).without : [])

/** The hosts from which a deletion still has to take something. */
export const toUninstall = (input: PlanInput, request: Request): readonly Member[] => {
  const away = leftBehind(request)
  return membersOf(input).filter((member) => !away.has(member.id) && holdsAnything(member, input.spec.cluster))
}

/** True while something of the cluster, or a binary of ours, is on the host. */
export const holdsAnything = ({ facts }: Member, cluster: string): boolean =>
  facts.claim === null || facts.claim.cluster === cluster
    ? [facts.k3s, facts.config, facts.claim, facts.binary].some((fact) => fact !== null) || Object.keys(facts.sysctls.kept).length > 0
    : false

/** True while firewall rules of ours are on the host, for good or on trial, or their files are and nobody can read the rules. */
export const hasFirewall = ({ facts: { firewall } }: Member): boolean => firewall.active !== null || firewall.staged !== null || firewall.unread?.traces === true

/** The hosts from which a deletion has taken everything but their firewall. */
export const toUnguard = (input: PlanInput, request: Request): readonly Member[] => {
  const away = leftBehind(request)
  return membersOf(input).filter((member) => !away.has(member.id) && hasFirewall(member) && !holdsAnything(member, input.spec.cluster))
}

const isAnswered = (input: PlanInput, request: Request): boolean => input.view.facts.answered?.value[request.id] === true

/** True where the host has a whole snapshot of this name, of this cluster, that its token opens. */
export const hasSnapshot = (input: PlanInput, { facts }: Member, name: string): boolean => {
  const held = facts.snapshots[name]
  return held?.cluster === input.spec.cluster && held.foreign !== true
}

/** A name for a snapshot of our own: another one where a server kept such a one of a cluster from before, which its token does not open. */
export const freeName = (input: PlanInput, name: string): string => {
  const isTaken = (one: string): boolean => membersOf(input, 'server').some(({ facts }) => facts.snapshots[one]?.foreign === true)
  let free = name
  for (let more = 2; isTaken(free); more += 1) free = `${name}-${String(more)}`
  return free
}

/** True once the seed has promised the new incarnation, which it does when the snapshot is in its place. */
export const isPutBack = (input: PlanInput): boolean => (seedOf(input)?.facts.claim?.incarnation ?? 0) >= input.settled.incarnation

/** The first snapshot of a cluster that was restored: it shows how much of it is there. */
export const firstAfter = (input: PlanInput): string => freeName(input, firstName(input.settled.incarnation))

/** The name of the first snapshot of an incarnation, where no other cluster left one of that name. */
export const firstName = (incarnation: number): string => `restored-${String(incarnation)}`

const SERVED: { readonly [K in Request['kind']]: (input: PlanInput, request: Request) => boolean } = {
  kubeconfig: isAnswered,
  'delete-cluster': (input, request) => toUninstall(input, request).length === 0 && toUnguard(input, request).length === 0,
  snapshot: (input, { id }) => isHeld(input, snapshotOfRequest(RequestIdSchema.parse(id))),
  'delete-snapshot': (input, { params }) => {
    const { snapshot, host } = DeletionWishSchema.parse(params)
    return membersOf(input).every((member) => (host !== undefined && member.id !== host) || !hasSnapshot(input, member, snapshot))
  },
  restore: (input) => isPutBack(input) && holdsOnSeed(input, firstAfter(input)),
}

/** True where a server has a whole snapshot of this name. */
export const isHeld = (input: PlanInput, name: string): boolean => membersOf(input, 'server').some((server) => hasSnapshot(input, server, name))

const holdsOnSeed = (input: PlanInput, name: string): boolean => {
  const seed = seedOf(input)
  return seed !== undefined && hasSnapshot(input, seed, name)
}

/** True once what was asked is done, as far as the view shows it. */
export const isServed = (input: PlanInput, request: Request): boolean => SERVED[request.kind](input, request)
