import * as z from 'zod'
import { HostIdSchema, NameSchema, TimeSchema } from '../ids.ts'
import { InventorySchema } from '../inventory/index.ts'
import { LabelsSchema } from './cluster-spec.ts'
import { SaidSchema } from '../said.ts'

const FirewallShownSchema = z.strictObject({
  state: z.enum(['none', 'on trial', 'on', 'unknown']).describe('on trial: taken back by the host itself unless witnesses come through'),
  rules: z.string().nullable().describe('digest of the rules in force'),
  inCharge: z.string().nullable().describe('another firewall that decides what comes in'),
  unread: z.string().nullable().describe('why the host could not read it; nothing is decided on it meanwhile'),
  repairs: z.int().describe('how often the agent has put the rules back'),
})

const aged = z.record(z.string(), TimeSchema)

/** A host as the API shows it; `seenAt` tells the age of each fact, `stale` names those too old to plan on. */
export const HostSchema = z.strictObject({
  id: HostIdSchema,
  name: NameSchema,
  state: z.enum(['pending', 'active', 'suspended', 'revoked']),
  online: z.boolean(),
  lastSeen: TimeSchema.nullable(),
  address: z.string().nullable().describe('where it last connected from'),
  agentVersion: z.string().nullable(),
  labels: LabelsSchema,
  cluster: z.string().nullable(),
  role: z.enum(['server', 'agent']).nullable(),
  node: z.enum(['absent', 'notReady', 'ready', 'cordoned']).nullable(),
  enrolledAt: TimeSchema,
  fingerprint: z.string(),
  inventory: InventorySchema,
  clockOffsetMs: z.int().nullable(),
  seenAt: aged,
  stale: z.array(z.string()),
  findings: z.array(SaidSchema),
  firewall: FirewallShownSchema.nullable().describe('null: not told yet'),
  etcd: z.strictObject({ id: z.string(), member: z.enum(['learner', 'voter']), healthy: z.boolean(), leads: z.boolean() }).nullable().describe('null: the host has no etcd member, or it does not answer'),
  k3s: z.strictObject({ state: z.string(), version: z.string().nullable(), lastFatal: z.string().nullable() }).nullable(),
}).meta({ id: 'Host' })
/** See {@link HostSchema}. */
export type Host = z.infer<typeof HostSchema>
