import { clusterNamed, nextId } from '../loop-world/world.ts'
import type { Command } from './command.ts'
import { draftFor } from './spec-command.ts'

/** Stores a request; a deletion shows its forecast, which has to be approved. */
export const askCommand: Command = {
  name: 'ask',
  example: 'ask delete-cluster home',
  run: (world, { words: [kind, name] }) => {
    const cluster = clusterNamed(world, name)
    const isDeletion = kind === 'delete-cluster'
    const what = isDeletion ? 'delete-cluster' : 'kubeconfig'
    const request = { id: nextId(world, 'req'), kind: what, params: {}, askedBy: 'anna', askedAt: world.now, state: 'open' } as const
    cluster.requests = [...cluster.requests, request]
    return isDeletion ? draftFor(world, cluster, cluster.spec) : ''
  },
}
