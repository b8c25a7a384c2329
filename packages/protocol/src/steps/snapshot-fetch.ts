import * as z from 'zod'
import { ClusterNameSchema, RequestIdSchema } from '../ids.ts'
import { DROVER } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { SnapshotSchema } from '../snapshot.ts'
import { defineStep } from '../step.ts'

/** Brings a snapshot back from the copy on the coordinator. */
export const snapshotFetch = defineStep({
  kind: 'snapshot.fetch',
  summary: 'Brings a snapshot that the host no longer has back from the copy on the coordinator, and checks it by its SHA-256.',
  params: () => z.strictObject({ snapshot: SnapshotSchema.describe('as its copy has it'), request: RequestIdSchema }),
  result: () => z.strictObject({ bytes: z.int().min(0) }),
  class: () => 'prepare',
  consent: 'allow',
  describe: ({ snapshot }) => say('step.snapshot.fetch', { name: snapshot.name, cluster: snapshot.cluster }),
  touches: ({ snapshot }) => [{ what: 'file', name: `${DROVER.snapshots}/${snapshot.name}`, how: 'made' }],
  effect: (view, host, { snapshot }) => {
    const { name, cluster, incarnation } = snapshot
    return { hosts: { [host]: { snapshots: { ...view.hosts[host]?.facts.snapshots?.value, [name]: { cluster, incarnation } } } } }
  },
  secrets: () => ['ticket'],
  timeout: 3_600_000,
  undo: 'undoes',
  example: {
    snapshot: {
      name: 'manual-aaaaaaaaaaaaaaaa', cluster: ClusterNameSchema.parse('home'), incarnation: 1, datastore: 'sqlite', at: 1_767_225_600_000, bytes: 4_194_304,
      sha256: 'a'.repeat(64), grade: 'consistent', objects: 250, version: 'v1.36.2+k3s1', token: 'aaaaaaaaaaaa',
    },
    request: RequestIdSchema.parse('req-aaaaaaaaaaaaaaaa'),
  },
})
