import { canonicalJson, type Forecast, type Json } from '@drover/protocol'
import { openRequests, type World } from '../world/world.ts'

/**
 * True where an approval would change nothing: no step, the spec that the cluster already has, and no deletion that it would
 * carry out or withdraw. Whoever goes back to an earlier spec, or keeps a cluster whose deletion waits, has something to approve although
 * the hosts are still as they should be.
 */
export const isQuiet = (world: World, content: Forecast): boolean => {
  if (content.phases.some((phase) => phase.lines.length > 0)) return false
  const cluster = world.clusters.get(content.cluster)
  if (cluster === undefined) return true
  // To delete the cluster, or to keep one whose deletion waits, is something to approve.
  if (openRequests(world, cluster.name).some(({ kind }) => kind === 'delete-cluster')) return false
  return textOf(cluster.spec) === textOf(content.spec)
}

const textOf = (spec: Forecast['spec']): string => canonicalJson(spec as unknown as Json)
