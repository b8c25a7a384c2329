import type { Fault } from '@drover/protocol'
import { parseSpec } from '../../../packages/coordinator/src/core/spec/parse-spec.ts'
import { forecast } from '../../../packages/coordinator/src/core/planner/forecast.ts'
import { settle } from '../../../packages/coordinator/src/core/planner/settle.ts'
import type { SettleInput } from '../../../packages/coordinator/src/core/planner/settle-input.ts'
import { ARTIFACTS } from '../builders/plan-input.ts'
import { observe, report } from '../loop-world/observe.ts'
import type { LoopWorld, WorldCluster, WorldHost } from '../loop-world/world.ts'
import type { Command } from './command.ts'
import { forecastText } from './forecast-text.ts'

const makeCluster = (name: string, spec: WorldCluster['spec']): WorldCluster => ({
  name,
  spec,
  settled: null,
  incarnation: 1,
  draft: null,
  forecast: null,
  run: null,
  requests: [],
  open: [],
  waiting: {},
  answered: {},
  apiSeenAt: 0,
  apiUp: false,
})

const faultText = ({ line, column, path, reason, nearest }: Fault): string =>
  `${line}:${column} ${path}: ${reason}${nearest === null ? '' : ` (did you mean ${nearest}?)`}\n`

/** The hashes that the spec gives, else the same for every version. */
const artifactsOf = ({ k3s }: WorldCluster['spec']): typeof ARTIFACTS => {
  const binary = k3s.sha256?.amd64
  return binary === undefined ? ARTIFACTS : { ...ARTIFACTS, amd64: { binary, images: [] } }
}

/** Where the coordinator is, and who speaks to it; nothing where the scenario does not say. */
const coordinatorOf = ({ coordinatorOn: here, hosts }: LoopWorld): Pick<SettleInput, 'coordinator' | 'callers'> => {
  if (here === null) return {}
  const addressOf = (host: WorldHost): string => host.measured.addresses[0]?.ip ?? ''
  const callers = [...hosts.values()].map((host) => ({ id: host.id, name: host.name, address: addressOf(host), online: host.online }))
  return { coordinator: { addresses: [addressOf(here)], port: 8443 }, callers }
}

/** Settles and forecasts a spec for a cluster, kept as its draft. */
export const draftFor = (world: LoopWorld, cluster: WorldCluster, spec: WorldCluster['spec']): string => {
  report(world)
  const base = { now: world.now, spec, view: observe(world, cluster), requests: cluster.requests, open: [], waiting: {} }
  const result = settle({ ...base, ...coordinatorOf(world), incarnation: cluster.incarnation, artifacts: artifactsOf(spec), previous: cluster.settled })
  const predicted = forecast({ ...base, settled: result.settled }, result)
  cluster.draft = { forecast: predicted, settled: result.settled, spec }
  return forecastText(world, predicted)
}

/** Reads the spec below the line: prints its faults, or what would be done. */
export const specCommand: Command = {
  name: 'spec',
  example: 'spec',
  run: (world, { body }) => {
    const { spec, faults } = parseSpec(body)
    if (spec === null) {
      return faults.map(faultText).join('')
    }
    const cluster = world.clusters.get(spec.cluster) ?? makeCluster(spec.cluster, spec)
    world.clusters.set(spec.cluster, cluster)
    cluster.incarnation = cluster.settled?.incarnation ?? 1
    return draftFor(world, cluster, spec)
  },
}
