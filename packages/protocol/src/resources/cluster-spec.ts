import * as z from 'zod'
import { ClusterNameSchema, NameSchema, Sha256Schema } from '../ids.ts'
import { ConfigValueSchema } from '../k3s/config.ts'
import { CronSchema, TimeZoneSchema } from '../schedule/schedule.ts'
import { K3sVersionSchema } from '../k3s/version.ts'
import { FirewallSpecSchema } from './firewall-spec.ts'

const labelValue = z.string().regex(/^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/, 'must be a label value of at most 63 characters')
const labelKey = z.string().regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'must be a label key')

/** Kubernetes label keys to values. */
export const LabelsSchema = z.record(labelKey, labelValue)

/** A taint: key, value (may be empty) and effect. */
export const TaintSchema = z.strictObject({
  key: labelKey,
  value: labelValue.default(''),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
})

const cidr = z.union([z.cidrv4(), z.cidrv6()])

/** Which hosts: by name, or by labels that were given at enrolment. */
const selector = { names: z.array(NameSchema).min(1).max(1000).optional(), select: LabelsSchema.optional() }

const hostsOf = z.strictObject({ ...selector, labels: LabelsSchema.optional().describe('labels of their Nodes'), taints: z.array(TaintSchema).max(16).optional() })

const ArtifactsSchema = z.strictObject({
  binary: Sha256Schema.optional(),
  images: z.array(z.strictObject({ name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,120}\.(?:tar|tar\.gz|tar\.zst)$/), sha256: Sha256Schema })).max(16).optional(),
})

const SnapshotsSchema = z.strictObject({
  schedule: CronSchema.default('0 */6 * * *').describe('when each server takes one: minute, hour, day of the month, month, weekday'),
  timeZone: TimeZoneSchema.default('UTC'),
  keep: z.int().min(1).max(64).default(8).describe('good ones of the schedule that stay on a server'),
})

/** What the user wants of one cluster. */
export const ClusterSpecSchema = z.strictObject({
  cluster: ClusterNameSchema,
  k3s: z.strictObject({
    version: K3sVersionSchema,
    origin: z.enum(['release', 'cache', 'file']).default('release').describe('upstream release, the coordinator, or the import folder of each host'),
    sha256: z.strictObject({ amd64: Sha256Schema.optional(), arm64: Sha256Schema.optional() }).optional(),
    images: z.strictObject({ amd64: ArtifactsSchema.shape.images, arm64: ArtifactsSchema.shape.images }).optional().describe('air-gap image archives by architecture'),
  }),
  datastore: z.enum(['sqlite', 'etcd']).optional().describe('absent: SQLite on one server, etcd on more'),
  snapshots: z.union([z.literal(false), SnapshotsSchema]).prefault({}).describe('false: none but those that somebody asks for'),
  servers: hostsOf.extend({
    count: z.int().min(1).max(9).default(1),
    spread: labelKey.optional().describe('label of the failure domain, such as site'),
  }),
  agents: hostsOf.optional(),
  network: z.strictObject({
    node: z.union([cidr, z.string().regex(/^[a-z][a-z0-9._-]{0,14}$/)]).describe('CIDR that holds the node addresses, or an interface name').optional(),
    pods: cidr.default('10.42.0.0/16'),
    services: cidr.default('10.43.0.0/16'),
  }).prefault({}),
  firewall: FirewallSpecSchema.optional().describe('absent: the hosts have no firewall of ours'),
  apiEndpoint: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/, 'must be a host name or an address, without scheme and port').optional(),
  tlsSans: z.array(z.string().regex(/^[A-Za-z0-9*](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/)).max(64).default([]),
  options: z.record(z.string(), ConfigValueSchema).default({}).describe('k3s options by flag name; those that Drover owns are refused'),
  serverOptions: z.record(z.string(), ConfigValueSchema).default({}).describe('options for servers only'),
  agentOptions: z.record(z.string(), ConfigValueSchema).default({}).describe('options for agents only'),
}).meta({ id: 'ClusterSpec' })
/** See {@link ClusterSpecSchema}. */
export type ClusterSpec = z.infer<typeof ClusterSpecSchema>

/** How many servers a spec asks for. */
export const serversOf = ({ servers: { names, count } }: Pick<ClusterSpec, 'servers'>): number => names?.length ?? count

/** Where a cluster of this spec keeps its objects. */
export const datastoreOf = (spec: Pick<ClusterSpec, 'datastore' | 'servers'>): 'sqlite' | 'etcd' => spec.datastore ?? (serversOf(spec) > 1 ? 'etcd' : 'sqlite')
