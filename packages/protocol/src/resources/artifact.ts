import * as z from 'zod'
import { Sha256Schema, TimeSchema } from '../ids.ts'

/** A file in the coordinator's cache: a k3s binary, an image archive, or an agent bundle. */
export const ArtifactSchema = z.strictObject({
  sha256: Sha256Schema,
  name: z.string().max(128),
  kind: z.enum(['k3s', 'images', 'agent']),
  version: z.string().max(64),
  arch: z.enum(['amd64', 'arm64']),
  size: z.int(),
  addedAt: TimeSchema,
}).meta({ id: 'Artifact' })
/** See {@link ArtifactSchema}. */
export type Artifact = z.infer<typeof ArtifactSchema>

/** Query of PUT /artifacts/:sha256 (the body is the file itself). */
export const ArtifactQuerySchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,120}$/),
  kind: z.enum(['k3s', 'images']),
  version: z.string().max(64),
  arch: z.enum(['amd64', 'arm64']),
})
