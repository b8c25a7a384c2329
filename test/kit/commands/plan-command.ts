import { explain, explainText } from '../../../packages/coordinator/src/core/planner/explain.ts'
import { planCluster } from '../../../packages/coordinator/src/core/planner/plan-cluster.ts'
import { inputOf } from '../loop-world/observe.ts'
import { clusterNamed } from '../loop-world/world.ts'
import type { Command } from './command.ts'

/** Explains what the approved cluster would do and wait for now. */
export const planCommand: Command = {
  name: 'plan',
  example: 'plan home',
  run: (world, { words: [name] }) => {
    const cluster = clusterNamed(world, name)
    if (cluster.settled === null) return 'nothing is approved\n'
    const input = inputOf(world, cluster, cluster.settled)
    return explainText(explain(input, planCluster(input))) || 'quiet\n'
  },
}
