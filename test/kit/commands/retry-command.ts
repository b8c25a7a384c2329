import { transitionRun } from '../../../packages/coordinator/src/core/run/run.ts'
import { clusterNamed } from '../loop-world/world.ts'
import type { Command } from './command.ts'

/** Goes on with a run that was cancelled, asks or failed; what is waited for is waited for anew. */
export const retryCommand: Command = {
  name: 'retry',
  example: 'retry home',
  run: (world, { words: [name] }) => {
    const cluster = clusterNamed(world, name)
    cluster.waiting = {}
    if (cluster.run !== null) cluster.run = transitionRun(cluster.run, { kind: 'retried' })
    return `run ${cluster.run?.state.kind ?? 'none'}\n`
  },
}
