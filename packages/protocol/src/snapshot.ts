import * as z from 'zod'
import { DatastoreSchema } from './datastore.ts'
import { EtcdIdSchema, MOST_MEMBERS } from './etcd-id.ts'
import { ClusterNameSchema, Sha256Schema, TimeSchema } from './ids.ts'

/** The name of a snapshot, which is that of its folder: lower-case letters, digits, inner dots and dashes, at most 63. */
export const SnapshotNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits, inner dots and dashes, at most 63')

/** What is known of a snapshot that was taken of an etcd member: asked before the first and after the last byte of it. */
export const EtcdCopySchema = z.lazy(() => z.strictObject({
  member: EtcdIdSchema.describe('whose data were copied'),
  revision: z.strictObject({ before: z.int().min(0), after: z.int().min(0) }).describe("etcd's revision, as the member had it; that of the copy is one of these or between them"),
  leader: z.strictObject({ before: EtcdIdSchema.nullable(), after: EtcdIdSchema.nullable() }).describe('null: the member knew of none'),
  members: z.array(z.string().max(300)).max(MOST_MEMBERS).readonly().describe('names of the members by then, those that were learners too; empty: the member did not say'),
}))
/** See {@link EtcdCopySchema}. */
export type EtcdCopy = z.infer<typeof EtcdCopySchema>

/** What a snapshot's meta.json says; it is written last, so a folder without it holds no whole snapshot. */
export const SnapshotSchema = z.strictObject({
  name: SnapshotNameSchema,
  cluster: ClusterNameSchema,
  incarnation: z.int().min(1),
  datastore: DatastoreSchema,
  at: TimeSchema.describe("when it was taken, by the host's clock"),
  bytes: z.int().min(0),
  sha256: Sha256Schema,
  grade: z.enum(['consistent', 'degraded']).describe("degraded: on SQLite the API did not answer when it was taken; on etcd the member did not vote, was not healthy, lagged behind, or knew another leader afterwards"),
  objects: z.int().min(0).describe('objects of Kubernetes in it'),
  version: z.string().max(64).describe('k3s that wrote it; an older one must not read it'),
  token: z.string().regex(/^[0-9a-f]{12}$/).describe('the first 12 hex digits of the SHA-256 of the server token file: which token opens it'),
  etcd: EtcdCopySchema.exactOptional().describe('of one that was taken of an etcd member alone'),
})
/** See {@link SnapshotSchema}. */
export type Snapshot = z.infer<typeof SnapshotSchema>

/** A snapshot as its host reports it; `opens`: by the token that is on the host now. */
export const SnapshotFactSchema = z.strictObject({ ...SnapshotSchema.shape, opens: z.boolean() })
/** See {@link SnapshotFactSchema}. */
export type SnapshotFact = z.infer<typeof SnapshotFactSchema>

/** True for a snapshot to which the cluster could go back now: its own, consistent, and opened by the token that its host has. */
export const isGoodSnapshot = (snapshot: Pick<SnapshotFact, 'cluster' | 'opens' | 'grade'>, cluster: string): boolean =>
  snapshot.cluster === cluster && snapshot.opens && snapshot.grade === 'consistent'

/** The most snapshots that a host reports, the newest of them. */
export const MOST_SNAPSHOTS = 64

/** What rules read of the snapshots on a host, by name; of those that its token does not open only that the name is taken. */
export type SnapshotsHeld = Readonly<Record<string, { readonly cluster: string; readonly incarnation: number; readonly foreign?: true }>>

/** The part of a host's report that rules read. */
export const heldSnapshots = (all: readonly SnapshotFact[]): SnapshotsHeld =>
  Object.fromEntries(all.map(({ name, cluster, incarnation, opens }) => [name, { cluster, incarnation, ...(opens ? {} : { foreign: true as const }) }]))
