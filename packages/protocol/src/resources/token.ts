import * as z from 'zod'
import { NameSchema, TimeSchema } from '../ids.ts'
import { LabelsSchema } from './cluster-spec.ts'

/** Body of POST /tokens: a join token of `count` uses. */
export const JoinTokenBodySchema = z.strictObject({
  count: z.int().min(1).max(1000).default(1),
  forMinutes: z.int().min(1).max(1440).default(30),
  role: z.enum(['server', 'agent', 'any']).default('any'),
  cluster: NameSchema.optional(),
  cidr: z.array(z.union([z.cidrv4(), z.cidrv6()])).max(16).default([]),
  labels: LabelsSchema.default({}),
  approve: z.enum(['auto', 'manual']).default('auto'),
  replace: NameSchema.optional().describe('the host that a reinstalled machine takes the name of'),
}).meta({ id: 'JoinTokenBody' })
/** See {@link JoinTokenBodySchema}. */
export type JoinTokenBody = z.infer<typeof JoinTokenBodySchema>

/** A token as shown; never its secret. */
export const TokenSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['join', 'api']),
  role: z.string(),
  usesLeft: z.int().nullable(),
  labels: LabelsSchema,
  createdBy: z.string(),
  createdAt: TimeSchema,
  expiresAt: TimeSchema,
  revokedAt: TimeSchema.nullable(),
}).meta({ id: 'Token' })
/** See {@link TokenSchema}. */
export type Token = z.infer<typeof TokenSchema>

/** Answer of POST /tokens: shown once. */
export const InstallLineSchema = z.strictObject({ token: TokenSchema, line: z.string(), expiresAt: TimeSchema, uses: z.int() }).meta({ id: 'InstallLine' })
/** See {@link InstallLineSchema}. */
export type InstallLine = z.infer<typeof InstallLineSchema>
