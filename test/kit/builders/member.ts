import { BARE_FACTS, ClusterNameSchema, datastoreOf, type Fact, type HostFacts, type HostId, type HostView, KUBELET_SYSCTLS, NO_SYSCTLS, type PlanInput, renderConfig, type Role, schedulesText } from '@drover/protocol'
import { wantedSysctls } from '../../../packages/coordinator/src/core/planner/prepared.ts'
import { hostConfig } from '../../../packages/coordinator/src/core/planner/host-config.ts'
import { placeOf } from '../../../packages/coordinator/src/core/planner/snapshot-servers.ts'
import { wantedSchedules } from '../../../packages/coordinator/src/core/planner/wanted-schedules.ts'

const memberOf = ({ settled }: PlanInput, role: Role): HostFacts['etcd'] => (role === 'server' && settled.etcd !== undefined ? 'voter' : 'none')

const runningAs = ({ spec, settled: { incarnation } }: PlanInput, role: Role): HostFacts['k3s'] => ({
  role, state: 'active', wasActive: true, current: true, incarnation, ...(role === 'server' ? { datastore: datastoreOf(spec) } : {}),
})

/** The facts of a host on which everything is as the plan wants it: running and Ready. */
export const settledFacts = (input: PlanInput, id: HostId): HostFacts => {
  const role = input.settled.roles[id] ?? 'agent'
  const { incarnation, seed, artifacts } = input.settled
  const arch = input.view.hosts[id]?.arch ?? 'amd64'
  return {
    ...BARE_FACTS,
    binary: { version: input.spec.k3s.version, sha256: artifacts[arch]?.binary ?? '' },
    images: Object.fromEntries((artifacts[arch]?.images ?? []).map(({ name, sha256 }) => [name, sha256])),
    config: { text: renderConfig(hostConfig(input, id)), overridden: {} },
    sysctls: { ...NO_SYSCTLS, now: KUBELET_SYSCTLS, kept: wantedSysctls(input, { role }) },
    claim: { cluster: ClusterNameSchema.parse(input.spec.cluster), incarnation, seed },
    k3s: runningAs(input, role),
    route: 'real',
    snapshots: {},
    etcd: memberOf(input, role),
    schedule: role === 'server' ? schedulesText(wantedSchedules(input.spec, placeOf(input, id))) : null,
    node: 'ready',
    listed: memberOf(input, role) === 'voter' ? 'voter' : 'none',
    witnessed: null,
  }
}

/** The input with some facts of some hosts replaced, seen now. */
export const withFacts = (input: PlanInput, facts: Readonly<Record<HostId, Partial<HostFacts>>>, api?: 'up' | 'down'): PlanInput => {
  const hosts = Object.fromEntries(
    Object.entries(input.view.hosts).map(([key, host]): [string, HostView] => {
      const changed = Object.entries(facts[key as HostId] ?? {}).map(([name, value]): [string, Fact<unknown>] => [name, { value, seenAt: input.now }])
      return [key, { ...host, facts: { ...host.facts, ...Object.fromEntries(changed) } }]
    }),
  )
  const known = api === undefined ? input.view.facts : { ...input.view.facts, api: { value: api, seenAt: input.now } }
  return { ...input, view: { ...input.view, hosts, facts: known } }
}

const settleOnce = (input: PlanInput): PlanInput =>
  withFacts(input, Object.fromEntries(Object.keys(input.settled.roles).map((id) => [id, settledFacts(input, id as HostId)])), 'up')

/** The input of a cluster that is as it should be; what a host is told depends on who votes, so it is settled twice. */
export const settledInput = (input: PlanInput): PlanInput => settleOnce(settleOnce(input))
