import { transitionRun } from '../../../packages/coordinator/src/core/run/run.ts'
import { clusterNamed } from '../loop-world/world.ts'
import type { Command } from './command.ts'

/** Goes on with a run that was cancelled, asks or failed. */
export const retryCommand: Command = {
  name: 'retry',
  example: 'retry home',
  run: (world, { words: [name] }) => {
    const cluster = clusterNamed(world, name)
    if (cluster.run !== null) cluster.run = transitionRun(cluster.run, { kind: 'retried' })
    return `run ${cluster.run?.state.kind ?? 'none'}\n`
  },
}
