import * as z from 'zod'
import { ClusterNameSchema, ForecastIdSchema, HostIdSchema, NameSchema, RunIdSchema, TimeSchema } from '../ids.ts'
import { Key32Schema } from '../order.ts'
import { SaidSchema } from '../said.ts'
import { ClusterSpecSchema } from './cluster-spec.ts'
import { EtcdShownSchema } from './etcd-shown.ts'
import { FindingSchema, WaitSchema } from './forecast.ts'

/** A cluster as shown. */
export const ClusterSchema = z.strictObject({
  name: ClusterNameSchema,
  spec: ClusterSpecSchema.nullable().describe('the approved spec; null before the first approval'),
  revision: z.int(),
  incarnation: z.int(),
  apiEndpoint: z.string().nullable(),
  api: z.enum(['up', 'down', 'unknown']),
  members: z.array(z.strictObject({
    host: z.string(),
    role: z.enum(['server', 'agent']),
    ip: z.string(),
    online: z.boolean(),
    node: z.enum(['absent', 'notReady', 'ready', 'cordoned', 'unknown']),
    k3s: z.string().describe('state of the unit'),
    version: z.string().nullable(),
    firewall: z.enum(['none', 'on trial', 'on', 'unknown']),
    seenAt: TimeSchema.nullable(),
    stale: z.boolean(),
  })),
  etcd: EtcdShownSchema.nullable().describe('null: the datastore is SQLite'),
  schedules: z.array(z.strictObject({
    host: z.string(),
    name: z.string(),
    cron: z.string(),
    timeZone: z.string(),
    keep: z.int(),
    offsetS: z.int().describe('how much later than planned this host fires, so that the servers do not all begin at once'),
    lastAt: TimeSchema.nullable().describe('the planned time that was fired last'),
    nextAt: TimeSchema.nullable().describe('the next planned time, without what this host fires later and may delay it by'),
  })).describe('what the servers do by themselves, as they said last'),
  why: z.array(SaidSchema),
  run: RunIdSchema.nullable().describe('the open or last run'),
  pending: ForecastIdSchema.nullable().describe('a forecast that waits for approval'),
  waits: z.array(WaitSchema),
  findings: z.array(FindingSchema),
  createdAt: TimeSchema,
}).meta({ id: 'Cluster' })
/** See {@link ClusterSchema}. */
export type Cluster = z.infer<typeof ClusterSchema>

/** Body of POST …/forecast: the YAML text as the user wrote it, so that faults name its lines. */
export const ForecastBodySchema = z.strictObject({ spec: z.string().max(1_000_000) })
/** Body of POST …/deletion: the cluster's name, typed, and names of hosts that are away and that it is deleted without. */
export const DeletionBodySchema = z.strictObject({ confirm: z.string().max(64), without: z.array(NameSchema).max(1000).default([]) })
/** What a request to delete a cluster holds: its hosts that are away for good and stay as they are. */
export const AbsenceWishSchema = z.strictObject({ without: z.array(HostIdSchema).default([]) })
/** Body of POST …/kubeconfig: the X25519 key to seal the answer to, as base64url, and the server to go through, by name, where the API endpoint is not wanted. */
export const KubeconfigBodySchema = z.strictObject({ sealTo: Key32Schema, server: NameSchema.optional() })
/** What a request for a kubeconfig holds: the key, and the server that was named. */
export const KubeconfigWishSchema = z.strictObject({ sealTo: Key32Schema, server: HostIdSchema.optional() })
/** Body of POST …/approve. */
export const ApproveBodySchema = z.strictObject({ hash: z.string().regex(/^[0-9a-f]{64}$/) })

/** A request as shown; `answer` holds a sealed kubeconfig once it is there. */
export const RequestShownSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['kubeconfig', 'delete-cluster', 'snapshot', 'delete-snapshot', 'restore']),
  cluster: z.string(),
  state: z.enum(['open', 'done', 'refused', 'withdrawn']),
  askedBy: z.string(),
  askedAt: TimeSchema,
  message: z.string().nullable(),
  answer: z.string().nullable(),
}).meta({ id: 'Request' })
/** See {@link RequestShownSchema}. */
export type RequestShown = z.infer<typeof RequestShownSchema>
