import * as z from 'zod'
import { heldSnapshots, MOST_SNAPSHOTS, SnapshotFactSchema } from '../snapshot.ts'
import { defineViewedFact } from './define-fact.ts'

/** The whole snapshots on the host, newest first; rules see those that its token opens. */
export const snapshotsFact = defineViewedFact({ schema: z.lazy(() => z.array(SnapshotFactSchema).max(MOST_SNAPSHOTS).readonly()), bare: [], view: heldSnapshots })
