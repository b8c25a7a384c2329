import { type Action, type Finding, type HostId, type HostView, type PlanInput, say, STALE_AFTER } from '@drover/protocol'
import { finding } from '../finding.ts'

const livesIn = (host: HostView | undefined): number => host?.facts.claim?.value?.incarnation ?? 0

/** Data are set aside on another server than the seed alone, only those of an earlier incarnation, and once the seed has a snapshot in the place of its own. */
const findWrongAside = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  const { hosts } = input.view
  const { seed, incarnation, roles } = input.settled
  const isRight = (id: HostId): boolean => id !== seed && roles[id] === 'server' && livesIn(hosts[id]) < incarnation && livesIn(hosts[seed]) === incarnation
  return actions
    .filter(({ kind, host }) => kind === 'k3s.set-aside' && !isRight(host))
    .map(({ host }) => finding('fatal', say('finding.wrong-aside', { host: hosts[host]?.name ?? host, incarnation }), [host]))
}

/** No server promises the new incarnation with etcd data of an older one, once the seed has a snapshot in the place of its own. */
const findWrongClaims = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  const { hosts } = input.view
  const { seed, incarnation, roles } = input.settled
  const isOld = (id: HostId): boolean => id !== seed && roles[id] === 'server' && livesIn(hosts[id]) > 0 && livesIn(hosts[id]) < incarnation
  return livesIn(hosts[seed]) < incarnation
    ? []
    : actions.filter(({ kind, host }) => kind === 'k3s.config' && isOld(host)).map(({ host }) => finding('fatal', say('finding.wrong-claim', { host: hosts[host]?.name ?? host, incarnation }), [host]))
}

const isServer = ({ settled: { seed, roles } }: PlanInput, id: HostId): boolean => id !== seed && roles[id] === 'server'

/** A server that is connected, runs, and has promised itself to an earlier incarnation only. */
const runsBefore = (input: PlanInput, id: HostId, { online, facts: { k3s, claim } }: HostView): boolean => {
  const runs = online.value && k3s?.value?.state === 'active' && input.now - k3s.seenAt <= STALE_AFTER.host
  return isServer(input, id) && runs && claim?.value?.cluster === input.spec.cluster && claim.value.incarnation < input.settled.incarnation
}

/** No cluster is started beside members of its earlier incarnation that are connected and have not been stopped. */
const findTwoClusters = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => {
  const { hosts } = input.view
  const { seed, incarnation } = input.settled
  const older = Object.entries(hosts).find(([id, host]) => runsBefore(input, id as HostId, host))
  if (older === undefined || hosts[seed]?.facts.k3s?.value?.state === 'active') return []
  return actions
    .filter(({ kind, host }) => kind === 'k3s.start' && host === seed)
    .map(({ host }) => finding('fatal', say('finding.two-clusters', { host: hosts[host]?.name ?? host, other: older[1].name, incarnation }), [host]))
}

/** What the second reader has against mixing two incarnations of a cluster on etcd. */
export const findOlder = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => [
  ...findWrongAside(input, actions),
  ...findWrongClaims(input, actions),
  ...findTwoClusters(input, actions),
]
