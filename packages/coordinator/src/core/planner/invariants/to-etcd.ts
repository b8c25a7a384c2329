import { type Action, type Finding, type HostId, type PlanInput, say } from '@drover/protocol'
import { finding } from '../finding.ts'

const nameOf = (input: PlanInput, id: HostId): string => input.view.hosts[id]?.name ?? id

const dataOn = (input: PlanInput, id: HostId): 'sqlite' | 'etcd' | undefined => input.view.hosts[id]?.facts.k3s?.value?.datastore

/** True where some host of the cluster votes in an etcd already: it was moved, or never was on SQLite. */
const hasVoter = (input: PlanInput): boolean => (Object.keys(input.settled.roles) as HostId[]).some((id) => input.view.hosts[id]?.facts.etcd?.value === 'voter')

/** Data are moved once: those of the seed, of this incarnation, in SQLite, while nobody has an etcd. */
const isRightMove = (input: PlanInput, host: HostId): boolean => {
  const { seed, incarnation } = input.settled
  return host === seed && dataOn(input, host) === 'sqlite' && input.view.hosts[host]?.facts.claim?.value?.incarnation === incarnation && !hasVoter(input)
}

const hasKept = ({ view, spec, settled }: PlanInput, host: HostId): boolean =>
  Object.values(view.hosts[host]?.facts.snapshots?.value ?? {}).some(({ cluster, incarnation, foreign }) => cluster === spec.cluster && incarnation === settled.incarnation && foreign !== true)

const findWrongMove = (input: PlanInput, { kind, host }: Action): readonly Finding[] => {
  if (kind !== 'k3s.to-etcd') return []
  return [
    ...(isRightMove(input, host) ? [] : [finding('fatal', say('finding.to-etcd-wrong', { kind, host: nameOf(input, host) }), [host])]),
    ...(hasKept(input, host) ? [] : [finding('fatal', say('finding.to-etcd-no-snapshot', { host: nameOf(input, host) }), [host])]),
  ]
}

type Params = { readonly role?: string; readonly initialises?: boolean; readonly datastore?: string; readonly config?: Readonly<Record<string, unknown>> }

/** Settings or a start for etcd over data in SQLite: k3s would move them at once. */
const findUncopied = (input: PlanInput, { kind, host, params }: Action): readonly Finding[] => {
  const { role, datastore, initialises, config = {} } = params as Params
  const moves = (kind === 'k3s.config' && config['cluster-init'] === true) || (kind === 'k3s.start' && role === 'server' && initialises === true && datastore === 'etcd')
  return moves && dataOn(input, host) === 'sqlite' ? [finding('fatal', say('finding.to-etcd-uncopied', { kind, host: nameOf(input, host) }), [host])] : []
}

/** What the second reader has against the move of a cluster from SQLite to etcd. */
export const findToEtcd = (input: PlanInput, actions: readonly Action[]): readonly Finding[] => actions.flatMap((action) => [...findWrongMove(input, action), ...findUncopied(input, action)])
