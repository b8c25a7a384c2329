import { type Json, type Request, STEPS } from '@drover/protocol'
import { needsApproval } from '../../../packages/coordinator/src/core/planner/requests.ts'
import { clusterNamed, nextId, type WorldCluster } from '../loop-world/world.ts'
import type { Command } from './command.ts'
import { draftFor } from './spec-command.ts'

const KINDS: readonly Request['kind'][] = ['kubeconfig', 'delete-cluster', 'snapshot', 'delete-snapshot', 'restore']

const SHA256 = 'c'.repeat(64)

/** `from`: `copy` where the host no longer has the snapshot, but the coordinator has a copy. */
const paramsOf = (cluster: WorldCluster, kind: Request['kind'], { snapshot, from }: { readonly snapshot: string; readonly from: string }): Json => {
  const copy = { ...STEPS['snapshot.fetch'].example.snapshot, name: snapshot, sha256: SHA256 }
  if (kind === 'restore') return { snapshot, sha256: SHA256, ...(from === 'copy' ? { fetch: copy } : {}) }
  return kind === 'delete-snapshot' ? { snapshot, host: cluster.settled?.seed ?? '' } : {}
}

/** Stores a request; one that needs an approval shows its forecast, a restore as the next incarnation of the cluster. */
export const askCommand: Command = {
  name: 'ask',
  example: 'ask restore home manual-aaaaaaaaaaaaaaab',
  run: (world, { words: [word = '', name, snapshot = '', from = ''] }) => {
    const cluster = clusterNamed(world, name)
    const kind = KINDS.find((one) => one === word)
    if (kind === undefined) throw new Error(`nobody can ask for ${word}`)
    const request: Request = { id: nextId(world, 'req'), kind, params: paramsOf(cluster, kind, { snapshot, from }), askedBy: 'anna', askedAt: world.now, state: 'open' }
    cluster.requests = [...cluster.requests, request]
    if (!needsApproval(request)) return ''
    const now = cluster.settled?.incarnation ?? 1
    cluster.incarnation = kind === 'restore' ? now + 1 : now
    return draftFor(world, cluster, cluster.spec)
  },
}
