import * as z from 'zod'
import { ClusterNameSchema } from '../ids.ts'
import { DROVER, K3S } from '../k3s/paths.ts'
import { say } from '../said.ts'
import { defineStep } from '../step.ts'

/** Removes what Drover itself kept before and after a change, where it is old and newer ones are there. */
export const snapshotTidy = defineStep({
  kind: 'snapshot.tidy',
  summary: 'Removes snapshots that Drover took before and after a change, and data that restores set aside, where they are old and newer ones are there. Fired by the host itself.',
  params: () => z.strictObject({
    cluster: ClusterNameSchema.describe('must be the cluster of the claim'),
    keep: z.int().min(1).max(64).describe('of each sort, so many of the newest stay'),
    days: z.int().min(1).max(3650).describe('nothing younger than this goes'),
  }),
  result: () => z.strictObject({
    snapshots: z.array(z.string()).describe('names of those that were removed'),
    folders: z.array(z.string()).describe('names of folders of data that were removed'),
    bytes: z.int().min(0).describe('freed'),
  }),
  class: () => 'prepare',
  consent: 'allow',
  describe: ({ keep, days }) => say('step.snapshot.tidy', { keep, days }),
  touches: () => [
    { what: 'file', name: `${DROVER.snapshots}/before-…`, how: 'removed' },
    { what: 'file', name: `${DROVER.snapshots}/restored-…`, how: 'removed' },
    { what: 'file', name: `${K3S.data}/server/db.before-…`, how: 'removed' },
  ],
  effect: () => ({}),
  secrets: () => [],
  timeout: 120_000,
  undo: { irreversible: say('step.snapshot.tidy.irreversible') },
  example: { cluster: ClusterNameSchema.parse('home'), keep: 3, days: 7 },
})
