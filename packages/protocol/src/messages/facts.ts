import * as z from 'zod'
import { ClaimSchema } from '../claim.ts'
import { MOST_SNAPSHOTS, SnapshotFactSchema } from '../snapshot.ts'
import { Sha256Schema, TimeSchema } from '../ids.ts'
import { ScheduleNameSchema } from '../schedule/schedule.ts'

const K3sFactSchema = z.strictObject({
  role: z.enum(['server', 'agent']),
  state: z.enum(['stopped', 'starting', 'active', 'failed']),
  wasActive: z.boolean(),
  current: z.boolean(),
  incarnation: z.int().min(0),
  runs: z.string().max(64).optional().describe('the version that it was last started with'),
  restarts: z.int().describe("systemd's NRestarts: rising means a crash loop"),
  lastFatal: z.string().max(400).nullable().describe('the last line of level fatal, for people'),
})

const ScheduleFactSchema = z.strictObject({
  text: z.string().max(8192).describe('its schedules as canonical JSON'),
  fired: z.record(ScheduleNameSchema, TimeSchema).describe('the planned time that each schedule fired last'),
})

/** What an agent observes of its own host that rules read; every value was read `ageMs` ago. */
export const HostFactsMessageSchema = z.strictObject({
  ageMs: z.int().min(0),
  facts: z.strictObject({
    binary: z.strictObject({ version: z.string().max(64), sha256: Sha256Schema }).nullable(),
    images: z.record(z.string().max(128), Sha256Schema),
    config: z.strictObject({ text: z.string().max(32_768), overridden: z.record(z.string(), z.string()) }).nullable(),
    claim: ClaimSchema.nullable(),
    k3s: K3sFactSchema.nullable(),
    snapshots: z.array(SnapshotFactSchema).max(MOST_SNAPSHOTS).optional().describe('newest first; absent from agents that take none'),
    schedule: ScheduleFactSchema.nullable().optional().describe('absent from agents that keep none'),
  }),
  /** Only from a server: what its API server says of the cluster; null where it does not answer. */
  cluster: z
    .strictObject({
      ready: z.boolean().describe('/readyz answered ok'),
      nodes: z.int().min(1).nullable().describe('the reading that holds: its parts came before, in messages `nodes` of the same session'),
    })
    .nullable(),
})
/** See {@link HostFactsMessageSchema}. */
export type HostFactsMessage = z.infer<typeof HostFactsMessageSchema>
