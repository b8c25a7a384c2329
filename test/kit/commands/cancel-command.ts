import { transitionRun } from '../../../packages/coordinator/src/core/run/run.ts'
import { clusterNamed } from '../loop-world/world.ts'
import type { Command } from './command.ts'

/** Cancels the run: what is in flight ends, nothing new is sent. */
export const cancelCommand: Command = {
  name: 'cancel',
  example: 'cancel home',
  run: (world, { words: [name] }) => {
    const cluster = clusterNamed(world, name)
    if (cluster.run !== null) cluster.run = transitionRun(cluster.run, { kind: 'cancelled', by: 'anna' })
    return `run ${cluster.run?.state.kind ?? 'none'}\n`
  },
}
