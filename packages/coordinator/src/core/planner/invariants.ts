import { type Action, type Finding, type HostId, OWN_FACTS, type PlanInput, say, STALE_AFTER } from '@drover/protocol'
import { finding } from './finding.ts'
import { findEtcdMembers } from './invariants/etcd-members.ts'
import { findFirewallSteps } from './invariants/firewall-steps.ts'
import { findRemovals } from './invariants/removals.ts'
import { findToEtcd } from './invariants/to-etcd.ts'
import { deletionOf, leftBehind } from './requests.ts'

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id

/** An order that is still open although the member that it adds votes, by its own word or that of another. */
const isJoined = ({ view, now }: PlanInput, { key, class: stepClass, change }: PlanInput['open'][number]): boolean => {
  const { etcd, listed } = (change === null ? undefined : view.hosts[change]?.facts) ?? {}
  const said = etcd?.value === 'none' ? listed : etcd
  const told = said?.value === 'voter' && now - said.seenAt <= STALE_AFTER.host
  return stepClass === 'membership' && /^(?:k3s\.start|etcd\.promote)@/.test(key) && told
}

/** An order for a member that is neither there nor listed: nothing of it can come about while its host is away. */
const isGone = ({ view }: PlanInput, { class: stepClass, change }: PlanInput['open'][number]): boolean => {
  const host = change === null ? undefined : view.hosts[change]
  return stepClass === 'membership' && host?.online.value === false && host.facts.listed?.value === 'none' && host.facts.k3s?.value?.wasActive !== true
}

/** At most one change on the servers at a time, counting what is in flight; a deletion takes all of them. */
const findTwoChanges = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  if (input.requests.some(({ kind, state }) => kind === 'delete-cluster' && state !== 'withdrawn' && state !== 'refused')) return []
  const onServers = ({ change }: { readonly change: HostId | null }): readonly HostId[] => (change !== null && input.settled.roles[change] === 'server' ? [change] : [])
  const begun = actions.flatMap(onServers)
  const [first, second] = new Set([...input.open.filter((order) => !isJoined(input, order) && !isGone(input, order)).flatMap(onServers), ...begun])
  // A member whose vote flickers while the next one joins begins nothing: what was sent is not judged again.
  if (begun.length === 0 || first === undefined || second === undefined) return []
  return [finding('fatal', say('finding.two-changes', { a: nameOf(input, first), b: nameOf(input, second) }), [first, second])]
}

/** Nothing is done on a host that is away, that there are two of, or of which too little is known. */
const findUnreachable = (input: PlanInput, actions: readonly Action[]): readonly Finding[] =>
  actions.flatMap(({ kind, host: id }) => {
    const host = input.view.hosts[id]
    const seen = Math.min(...OWN_FACTS.map((name) => host?.facts[name]?.seenAt ?? -Infinity))
    const isSound = host?.online.value === true && host.clone !== true && input.now - seen <= STALE_AFTER.host
    return isSound ? [] : [finding('fatal', say('finding.not-reachable', { host: nameOf(input, id), kind }), [id])]
  })

const starts = (action: Action, role: 'server' | 'agent'): boolean =>
  action.kind === 'k3s.start' && (action.params as { readonly role?: unknown }).role === role

/** One initialisation in an incarnation: not on a bare seed while another host shows that the cluster has been up. */
const findSecondInit = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  const { cluster } = input.spec
  const { incarnation } = input.settled
  const isBare = ({ host }: Action): boolean => input.view.hosts[host]?.facts.k3s?.value?.wasActive !== true
  const initialises = ({ params }: Action): boolean => (params as { readonly initialises?: unknown }).initialises === true
  return actions.filter((action) => starts(action, 'server') && initialises(action) && isBare(action)).flatMap((action) => {
    const other = Object.entries(input.view.hosts).find(([id, host]) => {
      const k3s = host.facts.k3s?.value
      return id !== action.host && input.settled.roles[id as HostId] !== undefined && k3s?.wasActive === true && k3s.incarnation === incarnation
    })
    if (other === undefined) return []
    const args = { host: nameOf(input, action.host), cluster, other: other[1].name, incarnation }
    return [finding('fatal', say('finding.second-init', args), [action.host])]
  })
}

/** No agent joins before the API is up. */
const findEarlyAgents = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  const up = input.view.facts.api?.value === 'up'
  const early = up ? [] : actions.filter((action) => starts(action, 'agent'))
  const seed = nameOf(input, input.settled.seed)
  return early.map(({ host }) => finding('fatal', say('finding.not-first-last', { host: nameOf(input, host), seed }), [host]))
}

/** No server goes while an agent still belongs to it, but for one that is left behind. */
const findAgentsFirst = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  if (deletionOf(input) === undefined) return []
  const { cluster } = input.spec
  const servers = actions.filter(({ kind, host }) => kind === 'k3s.uninstall' && input.settled.roles[host] === 'server')
  const away = leftBehind(deletionOf(input))
  const [agent] = Object.entries(input.view.hosts).filter(
    ([id, host]) => input.settled.roles[id as HostId] === 'agent' && !away.has(id as HostId) && host.facts.claim?.value?.cluster === cluster,
  )
  if (agent === undefined) return []
  const { name } = agent[1]
  return servers.map(({ host }) => finding('fatal', say('finding.agents-first', { host: nameOf(input, host), cluster, agent: name }), [host]))
}

/** No default route is made where there may be one. */
const findSecondRoute = (input: PlanInput, actions: readonly Action[]): readonly Finding[] =>
  actions
    .filter(({ kind, host }) => kind === 'route.keep' && input.view.hosts[host]?.facts.route?.value !== 'none')
    .map(({ host }) => finding('fatal', say('finding.has-route', { host: nameOf(input, host) }), [host]))

/** Nothing takes the place of a cluster's data unless a person asked for it, and on the seed alone. */
const findUnaskedRestore = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  const isAsked = input.requests.some(({ kind, state }) => kind === 'restore' && state === 'open')
  return actions
    .filter(({ kind, host }) => kind === 'k3s.restore' && !(isAsked && host === input.settled.seed))
    .map(({ host }) => finding('fatal', say('finding.unasked-restore', { host: nameOf(input, host) }), [host]))
}

/** The second reader: judges a plan without having made it, and only reports. A `fatal` one blocks the whole plan. */
export const checkPlan = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => [
  ...findTwoChanges(input, actions),
  ...findUnreachable(input, actions),
  ...findSecondInit(input, actions),
  ...findEarlyAgents(input, actions),
  ...findAgentsFirst(input, actions),
  ...findSecondRoute(input, actions),
  ...findUnaskedRestore(input, actions),
  ...findFirewallSteps(input, actions),
  ...findEtcdMembers(input, actions),
  ...findToEtcd(input, actions),
  ...findRemovals(input, actions),
]
