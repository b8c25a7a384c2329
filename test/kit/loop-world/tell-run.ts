import { render } from '@drover/protocol'
import { type RunEvent, transitionRun } from '../../../packages/coordinator/src/core/run/run.ts'
import { type LoopWorld, note, type WorldCluster } from './world.ts'

/** Tells a cluster's run what happened, and notes where it then stands; going to and fro between running and waiting is not noted. */
export const tellRun = (world: LoopWorld, cluster: WorldCluster, event: RunEvent): void => {
  if (cluster.run === null) return
  const before = cluster.run.state.kind
  cluster.run = transitionRun(cluster.run, event)
  const { state } = cluster.run
  if (state.kind === before || state.kind === 'running' || state.kind === 'waiting') return
  note(world, `${cluster.name}: run ${state.kind}${'said' in state ? `: ${render(state.said)}` : ''}`)
}
