import * as z from 'zod'
import { ClusterNameSchema } from '../ids.ts'
import { DROVER } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { SnapshotNameSchema } from '../snapshot.ts'
import { defineStep } from '../step.ts'

/** Deletes one snapshot, never the last good one. */
export const snapshotDelete = defineStep({
  kind: 'snapshot.delete',
  summary: 'Deletes one snapshot of a cluster from the host; the last good one stays.',
  params: () => z.strictObject({ name: SnapshotNameSchema, cluster: ClusterNameSchema }),
  result: () => z.strictObject({ bytes: z.int().min(0).describe('freed') }),
  class: () => 'prepare',
  consent: 'allow',
  describe: (params) => say('step.snapshot.delete', { name: params.name, cluster: params.cluster }),
  touches: (params) => [{ what: 'file', name: `${DROVER.snapshots}/${params.name}`, how: 'removed' }],
  effect: (view, host, params) => {
    const { [params.name]: _gone, ...held } = view.hosts[host]?.facts.snapshots?.value ?? {}
    return { hosts: { [host]: { snapshots: held } } }
  },
  secrets: () => [],
  timeout: 60_000,
  undo: { irreversible: say('step.snapshot.delete.irreversible') },
  example: { name: 'manual-aaaaaaaaaaaaaaaa', cluster: ClusterNameSchema.parse('home') },
})
