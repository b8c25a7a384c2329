import * as z from 'zod'
import { DatastoreSchema } from '../datastore.ts'
import { ClusterNameSchema, RequestIdSchema } from '../ids.ts'
import { DROVER } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { SnapshotNameSchema, SnapshotSchema } from '../snapshot.ts'
import { defineStep } from '../step.ts'

/** Takes a whole, checked copy of a running server's datastore and keeps it on the host. */
export const snapshotTake = defineStep({
  kind: 'snapshot.take',
  summary: "Copies the datastore of a running server, by SQLite's backup API or as its etcd member gives it, checks the copy and keeps it with its size, SHA-256, k3s version and object count; of etcd also revision, leader and members.",
  params: () => z.strictObject({
    name: SnapshotNameSchema,
    cluster: ClusterNameSchema,
    incarnation: z.int().min(1),
    datastore: DatastoreSchema,
    request: RequestIdSchema.optional().describe('set where a person asked for it'),
  }),
  result: () => SnapshotSchema,
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.snapshot.take', { name: params.name, cluster: params.cluster }),
  touches: (params) => [{ what: 'file', name: `${DROVER.snapshots}/${params.name}`, how: 'made' }],
  effect: (view, host, params) => {
    const held = view.hosts[host]?.facts.snapshots?.value
    const { name, cluster, incarnation } = params
    return { hosts: { [host]: { snapshots: { ...held, [name]: { cluster, incarnation } } } } }
  },
  secrets: () => [],
  timeout: 1_800_000,
  undo: 'undoes',
  example: { name: 'manual-aaaaaaaaaaaaaaaa', cluster: ClusterNameSchema.parse('home'), incarnation: 1, datastore: 'sqlite', request: RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa') },
})
