import * as z from 'zod'
import { ClusterNameSchema, HostIdSchema, RequestIdSchema, Sha256Schema } from '../ids.ts'
import { DROVER, K3S } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { SnapshotNameSchema } from '../snapshot.ts'
import { defineStep } from '../step.ts'

/** Puts a snapshot in the place of a server's datastore, under a new incarnation; the start is a step of its own. */
export const k3sRestore = defineStep({
  kind: 'k3s.restore',
  summary: 'Checks a snapshot, stops k3s, sets its datastore aside, puts the snapshot in its place and promises the new incarnation; starts nothing.',
  params: () => z.strictObject({
    cluster: ClusterNameSchema,
    incarnation: z.int().min(2).describe('the new one'),
    seed: HostIdSchema.describe('the host that goes on with the snapshot'),
    datastore: z.enum(['sqlite', 'etcd']).describe('of the cluster, and so of the snapshot'),
    snapshot: SnapshotNameSchema,
    sha256: Sha256Schema,
    request: RequestIdSchema,
  }),
  result: () => z.strictObject({ objects: z.int().min(0), aside: z.string().describe('where the state before was set aside') }),
  class: () => 'destroy',
  consent: 'allow',
  describe: (params) => say('step.k3s.restore', { cluster: params.cluster, snapshot: params.snapshot, incarnation: params.incarnation }),
  touches: (params) => [
    { what: 'unit', name: 'k3s.service', how: 'changed' },
    { what: 'file', name: `${K3S.data}/server/db.before-${String(params.incarnation)}`, how: 'made' },
    { what: 'file', name: `${K3S.data}/server/db${params.datastore === 'etcd' ? '/etcd' : '/state.db'}`, how: 'changed' },
    { what: 'file', name: DROVER.claim, how: 'changed' },
  ],
  effect: (view, host, params) => {
    const k3s = view.hosts[host]?.facts.k3s?.value
    const { cluster, incarnation, seed, datastore } = params
    return {
      hosts: { [host]: { claim: { cluster, incarnation, seed }, ...(datastore === 'etcd' ? { etcd: 'none' as const } : {}), ...(k3s ? { k3s: { ...k3s, state: 'stopped' as const, incarnation } } : {}) } },
      cluster: { api: 'down' },
    }
  },
  secrets: () => [],
  timeout: 1_800_000,
  undo: 'undoes',
  example: {
    cluster: ClusterNameSchema.parse('home'),
    incarnation: 2,
    seed: HostIdSchema.parse('h-aaaaaaaaaaaaaaaa'),
    datastore: 'sqlite',
    snapshot: 'manual-aaaaaaaaaaaaaaaa',
    sha256: 'a'.repeat(64),
    request: RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa'),
  },
})
