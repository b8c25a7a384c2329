import * as z from 'zod'
import { ClusterNameSchema } from '../ids.ts'
import { say } from '../said.ts'
import { SnapshotSchema } from '../snapshot.ts'
import { defineStep } from '../step.ts'

/** Brings a copy of a snapshot to the coordinator. */
export const snapshotCopy = defineStep({
  kind: 'snapshot.copy',
  summary: 'Checks a snapshot on the host, seals it frame by frame and brings it to the coordinator, from where an earlier try ended; changes nothing on the host.',
  params: () => z.strictObject({ snapshot: SnapshotSchema.describe('as its meta.json has it') }),
  result: () => z.strictObject({ bytes: z.int().min(0).describe('sent by the last try') }),
  class: () => 'prepare',
  consent: 'allow',
  describe: ({ snapshot }) => say('step.snapshot.copy', { name: snapshot.name, cluster: snapshot.cluster }),
  touches: () => [],
  effect: () => ({}),
  secrets: () => ['snapshot-key', 'ticket'],
  timeout: 3_600_000,
  undo: { irreversible: say('step.snapshot.copy.irreversible') },
  example: {
    snapshot: {
      name: 'manual-aaaaaaaaaaaaaaaa', cluster: ClusterNameSchema.parse('home'), incarnation: 1, datastore: 'sqlite', at: 1_767_225_600_000, bytes: 4_194_304,
      sha256: 'a'.repeat(64), grade: 'consistent', objects: 250, version: 'v1.36.2+k3s1', token: 'aaaaaaaaaaaa',
    },
  },
})
