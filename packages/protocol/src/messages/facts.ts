import * as z from 'zod'
import { ClaimSchema } from '../claim.ts'
import { FirewallFactSchema } from '../firewall/fact.ts'
import { Sha256Schema } from '../ids.ts'
import { SysctlsSchema } from '../k3s/kubelet-sysctls.ts'

const K3sFactSchema = z.strictObject({
  role: z.enum(['server', 'agent']),
  state: z.enum(['stopped', 'starting', 'active', 'failed']),
  wasActive: z.boolean(),
  current: z.boolean(),
  incarnation: z.int().min(0),
  restarts: z.int().describe("systemd's NRestarts: rising means a crash loop"),
  lastFatal: z.string().max(400).nullable().describe('the last line of level fatal, for people'),
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
    firewall: FirewallFactSchema.optional().describe('absent: an agent from before there was one'),
    sysctls: SysctlsSchema.optional().describe('absent: from an agent that cannot set them'),
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
