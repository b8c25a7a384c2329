import * as z from 'zod'
import { HostIdSchema, NameSchema, type RequestId, Sha256Schema, TimeSchema } from '../ids.ts'
import { SnapshotFactSchema, SnapshotNameSchema, SnapshotSchema } from '../snapshot.ts'

/** A snapshot as shown: on a host, as a copy on the coordinator, or both. */
export const SnapshotShownSchema = z
  .strictObject({
    ...SnapshotFactSchema.shape,
    opens: z.boolean().nullable().describe('by the token that is on the host now; null: no host has it'),
    host: z.string().nullable().describe('the host that it is on; null: there is only the copy'),
    copied: TimeSchema.nullable().describe('since when the coordinator has a copy; null: it has none'),
  })
  .meta({ id: 'Snapshot' })
/** See {@link SnapshotShownSchema}. */
export type SnapshotShown = z.infer<typeof SnapshotShownSchema>

/** Body of POST …/restoration: which snapshot (null is the newest good one), and names of servers that are away and are not waited for. */
export const RestorationBodySchema = z.strictObject({ snapshot: SnapshotNameSchema.nullable(), without: z.array(NameSchema).max(16).default([]).describe('servers that are off for good') })

/** What a request to restore holds: the snapshot, as it was when it was chosen; `fetch`: all of it, where it comes from a copy; `without`: servers that are off for good. */
export const RestoreWishSchema = z.strictObject({ snapshot: SnapshotNameSchema, sha256: Sha256Schema, fetch: SnapshotSchema.optional(), without: z.array(HostIdSchema).optional() })
/** What a request to delete a snapshot holds; without a host it goes from every server that has one of this name. */
export const DeletionWishSchema = z.strictObject({ snapshot: SnapshotNameSchema, host: HostIdSchema.exactOptional() })
/** What a request for a snapshot holds: the servers that could not take it. */
export const SnapshotWishSchema = z.strictObject({ failed: z.array(HostIdSchema).default([]) })

/** The name of the snapshot that a request asks for. */
export const snapshotOfRequest = (request: RequestId): string => `manual-${request.slice('req-'.length)}`
